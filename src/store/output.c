#include "store/layout.h"

#include "input/job.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIR_MODE = 0777 };

int output_open(const struct store_conf *conf, struct output *ret)
{
    if (mkdir(conf->dir, DIR_MODE) && errno != EEXIST)
        return -errno;
    int dir = open(conf->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return -errno;
    int way = 0;
    if (conf->layout->manifest == SHARDFILES_MANIFEST &&
        mkdirat(dir, SHARDFILES_MANIFESTS, DIR_MODE) && errno != EEXIST)
        way = -errno;
    if (!way)
        way = commit_probe(dir);
    if (way < 0) {
        close(dir);
        return way;
    }
    *ret = (struct output){.layout = conf->layout, .dir = dir, .way = (enum commit_way)way};
    ret->shard_size = conf->shard_size;
    ret->key_width = job_key_width(conf->shard_size);
    return 0;
}

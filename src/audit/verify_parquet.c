#include "audit/verify_inside.h"

#include "base/beneath.h"
#include "base/descriptor.h"
#include "store/parquetfile.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAGIC = 4, LEAST = 12 /* bytes: two magic numbers and the length between them */ };

/* True if the file has the beginning and the end of Parquet. A negative errno: it cannot be read.
 */
static int is_whole(int dir, const char *name)
{
    char begin[MAGIC], end[MAGIC];
    struct stat st;
    int fd = beneath_open(dir, name, O_RDONLY);
    if (fd < 0)
        return fd;
    bool is = !fstat(fd, &st) && st.st_size >= LEAST &&
              descriptor_read_at(fd, begin, MAGIC, 0) == MAGIC &&
              descriptor_read_at(fd, end, MAGIC, st.st_size - MAGIC) == MAGIC &&
              !memcmp(begin, "PAR1", MAGIC) && !memcmp(end, "PAR1", MAGIC);
    close(fd);
    return is;
}

void verify_parquet(struct verify_shard *s)
{
    char name[SHARDFILES_NAME_SIZE];
    bool is_root = verify_is_tarred(s);
    enum shardfiles_kind kind =
        parquetfile_kind(is_root ? SHARDFILES_ROOT_MANIFEST : SHARDFILES_MANIFEST);
    enum shardfiles_kind other = SHARDFILES_PARQUET + SHARDFILES_ROOT_PARQUET - kind;
    if (s->parts & other) {
        shardfiles_name(s->number, s->digits, other, name);
        verify_fault(s, name, "no row names it");
    }
    if (!verify_is_closed(s))
        return;
    shardfiles_name(s->number, s->digits, kind, name);
    int whole = s->parts & kind ? is_whole(s->dir, name) : 1;
    if (s->has_parquet && !(s->parts & kind))
        verify_fault(s, name, "missing");
    else if (whole < 0)
        verify_fault(s, name, "%s", beneath_why(whole));
    else if (!whole)
        verify_fault(s, name, "is not a whole Parquet file");
}

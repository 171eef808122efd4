/*
 * libarchive, loaded only by code that reads or writes tars. It pulls in libxml2 and ICU, which
 * cost the dynamic linker 10 ms: more than all else that a run of one URL does before it connects.
 */
#ifndef STORE_LIBARCHIVE_H
#define STORE_LIBARCHIVE_H

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>

#define LIBARCHIVE_CALLS(X)                                                                        \
    X(archive_entry_clear)                                                                         \
    X(archive_entry_filetype)                                                                      \
    X(archive_entry_free)                                                                          \
    X(archive_entry_hardlink)                                                                      \
    X(archive_entry_new)                                                                           \
    X(archive_entry_pathname)                                                                      \
    X(archive_entry_set_filetype)                                                                  \
    X(archive_entry_set_mtime)                                                                     \
    X(archive_entry_set_pathname)                                                                  \
    X(archive_entry_set_perm)                                                                      \
    X(archive_entry_set_size)                                                                      \
    X(archive_entry_size)                                                                          \
    X(archive_entry_size_is_set)                                                                   \
    X(archive_errno)                                                                               \
    X(archive_read_data)                                                                           \
    X(archive_read_free)                                                                           \
    X(archive_read_header_position)                                                                \
    X(archive_read_new)                                                                            \
    X(archive_read_next_header)                                                                    \
    X(archive_read_open_fd)                                                                        \
    X(archive_read_open_memory)                                                                    \
    X(archive_read_support_format_tar)                                                             \
    X(archive_version_string)                                                                      \
    X(archive_write_close)                                                                         \
    X(archive_write_data)                                                                          \
    X(archive_write_finish_entry)                                                                  \
    X(archive_write_free)                                                                          \
    X(archive_write_header)                                                                        \
    X(archive_write_new)                                                                           \
    X(archive_write_open)                                                                          \
    X(archive_write_set_bytes_per_block)                                                           \
    X(archive_write_set_format_ustar)

/* Its functions, under their own names. */
struct libarchive {
#define LIBARCHIVE_CALL(name) __typeof__(name) *(name);
    LIBARCHIVE_CALLS(LIBARCHIVE_CALL)
#undef LIBARCHIVE_CALL
};

/* The first call loads it; it is never unloaded. NULL: it cannot be loaded. Any thread. */
const struct libarchive *libarchive(void);

/* Why it cannot be loaded. */
const char *libarchive_error(void);

#endif

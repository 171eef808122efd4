/*
 * Loads libraries on demand, instead of at every start. Some depend on so many others that loading
 * them takes longer than the run of a short list.
 */
#ifndef BASE_SHAREDLIB_H
#define BASE_SHAREDLIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sharedlib_call {
    const char *name; /* of a function */
    void *at;         /* a pointer to a function of its type, which is set */
};

/* Loads the library and sets the functions; it is never unloaded. False: the library or a
 * function is missing, and `reason` (SHAREDLIB_REASON_SIZE) says why. */
enum { SHAREDLIB_REASON_SIZE = 128 };
bool sharedlib_load(const char *soname, const struct sharedlib_call *calls, size_t n, char *reason);

/*
 * Declares a library that is loaded at run time in an ELF note, so that packaging tools find the
 * dependency (https://uapi-group.org/specifications/specs/elf_dlopen_metadata/). Put it beside the
 * call that loads the library, once per file. All arguments are string literals without quotes or
 * backslashes; `priority` is "required", "recommended" or "suggested". Linkers keep notes that
 * nothing refers to.
 */
#define SHAREDLIB_NOTE(soname, feature, description, priority)                                     \
    SHAREDLIB_NOTE_OF(soname,                                                                      \
        "[{\"soname\":[\"" soname "\"],\"feature\":\"" feature "\",\"description\":\"" description \
        "\",\"priority\":\"" priority "\"}]")

#define SHAREDLIB_NOTE_OF(soname, json)                                                            \
    _Static_assert(sizeof(soname) > 1, "the Makefile has found no such library");                  \
    static const struct {                                                                          \
        uint32_t owner_size, json_size, type;                                                      \
        char owner[4], text[(sizeof(json) + 3) / 4 * 4]; /* words, filled up with 0 */             \
    } sharedlib_note __attribute__((used, aligned(4), section(".note.dlopen"))) = {                \
        sizeof "FDO", sizeof(json), 0x407c0c0a, "FDO", json}

#endif

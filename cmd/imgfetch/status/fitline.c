#include "cmd/imgfetch/status/fitline.h"

#include "cmd/imgfetch/status/width.h"

#include <stdarg.h>
#include <string.h>

/* The width of a bar is a multiple of the step, so that it does not change with every digit. */
enum { BAR_LEAST = 6, BAR_MOST = 22, BAR_STEP = 4, BAR_PART = 4 /* of the line, at most */ };
enum { GAP = 2 /* between two parts */ };

struct fitline_part *fitline_add(
    struct fitline *l, unsigned rank, enum terminal_style style, const char *format, ...)
{
    va_list args;
    l->n += l->n < FITLINE_PARTS;
    struct fitline_part *part = &l->at[l->n - 1];
    *part = (struct fitline_part){.rank = rank, .style = style};
    va_start(args, format);
    vsnprintf(part->text, sizeof part->text, format, args);
    va_end(args);
    return part;
}

void fitline_shorten(struct fitline_part *part, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(part->brief, sizeof part->brief, format, args);
    va_end(args);
}

void fitline_add_bar(struct fitline *l, unsigned rank, double share)
{
    struct fitline_part *part = fitline_add(l, rank, STYLE_PLAIN, "%s", "");
    part->width = BAR_LEAST;
    part->share = share < 0 ? 0 : share < 1 ? share : 1;
}

static unsigned part_width(const struct fitline_part *part)
{
    return part->width ? part->width : width_of(part->text, strlen(part->text));
}

static unsigned line_width(const struct fitline *l)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < l->n; i++)
        if (!l->at[i].is_left_out)
            sum += (sum ? GAP : 0) + part_width(&l->at[i]);
    return sum;
}

/* The least important part that is there, of those with a shorter text if `brief`; or NULL. */
static struct fitline_part *least(struct fitline *l, bool brief)
{
    struct fitline_part *found = NULL;
    for (struct fitline_part *part = l->at; part < l->at + l->n; part++)
        if (!part->is_left_out && (!brief || part->brief[0]) &&
            (!found || part->rank >= found->rank))
            found = part;
    return found;
}

static void fit(struct fitline *l, unsigned columns)
{
    struct fitline_part *part;
    while (line_width(l) > columns && (part = least(l, true))) {
        memcpy(part->text, part->brief, sizeof part->text);
        part->brief[0] = '\0';
    }
    while (line_width(l) > columns && (part = least(l, false)))
        part->is_left_out = true;
    for (part = l->at; part < l->at + l->n; part++)
        while (part->width && line_width(l) + BAR_STEP <= columns &&
               part->width + BAR_STEP <= columns / BAR_PART && part->width < BAR_MOST)
            part->width += BAR_STEP;
}

static void print_bar(const struct fitline_part *part, FILE *out)
{
    unsigned inner = part->width - 2, full = (unsigned)(part->share * inner);
    fputc('[', out);
    for (unsigned i = 0; i < inner; i++)
        fputc(i < full ? '=' : i == full ? '>' : ' ', out);
    fputc(']', out);
}

void fitline_print(struct fitline *l, unsigned columns, bool colours, FILE *out)
{
    bool begins = true;
    fit(l, columns);
    for (const struct fitline_part *part = l->at; part < l->at + l->n; part++) {
        if (part->is_left_out)
            continue;
        if (!begins)
            fprintf(out, "%*s", GAP, "");
        begins = false;
        fputs(terminal_begin(part->style, colours), out);
        if (part->width)
            print_bar(part, out);
        else
            fputs(part->text, out);
        fputs(terminal_end(part->style, colours), out);
    }
}

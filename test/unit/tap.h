/*
 * tap.h
 *	  Test Anything Protocol in a few lines, and what the C tests of the core
 *	  share: memory that is counted, and files read whole.
 */
#ifndef TAP_H
#define TAP_H

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cr_import.h"
#include "cr_link.h"

static int	tap_count;
static int	tap_failed;

/* Prints one result; the message is formatted as by printf. */
__attribute__((format(printf, 2, 3)))
static inline bool
ok(bool passed, const char *format,...)
{
	va_list		args;

	printf("%sok %d - ", passed ? "" : "not ", ++tap_count);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	tap_failed += !passed;
	return passed;
}

/* Prints the plan; the exit status of main(). */
static inline int
done_testing(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}

/* Counts what is in use and what was at most. */
typedef struct Meter
{
	size_t		used;
	size_t		peak;
} Meter;

static inline void *
metered_alloc(void *context, size_t size)
{
	Meter	   *meter = context;
	size_t	   *block = malloc(sizeof(size_t) * 2 + size);

	if (block == NULL)
		abort();
	block[0] = size;
	meter->used += size;
	if (meter->used > meter->peak)
		meter->peak = meter->used;
	return block + 2;
}

static inline void
metered_release(void *context, void *pointer)
{
	Meter	   *meter = context;
	size_t	   *block = (size_t *) pointer - 2;

	meter->used -= block[0];
	free(block);
}

#define METERED(meter) \
	((CrAlloc) {metered_alloc, metered_release, NULL, (meter)})

/* A whole file; the caller frees data.  Ends the test if there is none. */
static inline CrView
read_file(const char *directory, const char *name)
{
	char		path[1024];
	FILE	   *file;
	long		size;
	char	   *data;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "rb");
	if (file == NULL || fseek(file, 0, SEEK_END) != 0)
	{
		printf("Bail out! cannot read %s\n", path);
		exit(1);
	}
	size = ftell(file);
	rewind(file);
	data = malloc((size_t) size + 1);
	if (data == NULL || fread(data, 1, (size_t) size, file) != (size_t) size)
	{
		printf("Bail out! cannot read %s\n", path);
		exit(1);
	}
	fclose(file);
	return (CrView) {data, (size_t) size};
}

/* Options as credit.import_model() has them by default. */
static inline CrImportOptions
default_options(void)
{
	CrImportOptions options = {.use_best_iteration = true};
	CrError		error;

	cr_scaling_init(&options.scaling, 600, 50, 20,
					-(double) INFINITY, (double) INFINITY, &error);
	return options;
}

#endif							/* TAP_H */

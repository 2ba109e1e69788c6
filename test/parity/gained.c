/*
 * gained.c
 *	  Parity with the total gains that gains.py took from XGBoost, bit by bit.
 *
 * Usage: gained FIXTURES, the folder with gains.tsv.
 */
#include "parity.h"

#define COLUMNS		4

/* The numbers of a list in which commas stand between them; returns how many. */
static uint32_t
read_numbers(const char *list, float numbers[MAX_TEST_FEATURES])
{
	uint32_t	n = 0;

	while (*list != '\0' && n < MAX_TEST_FEATURES)
	{
		char	   *end;

		numbers[n++] = strtof(list, &end);
		list = *end == ',' ? end + 1 : end;
	}
	return n;
}

static void
check_line(const char *directory, char *const column[COLUMNS])
{
	uint32_t	n_features = (uint32_t) atoi(column[1]);
	CrView		artifact = read_file(directory, column[0]);
	Names		names;
	CrImportOptions options = default_options();
	Meter		meter = {0};
	CrAlloc		alloc = METERED(&meter);
	CrError		error = {.message = ""};
	float		theirs[MAX_TEST_FEATURES];
	uint32_t	n_theirs = read_numbers(column[3], theirs);
	float	   *ours = NULL;
	uint32_t	n = 0;
	CrStatus	status = cr_import_gains(artifact, &options, &alloc, &ours, &n,
										 &error);

	if (status == CR_INVALID_OPTION)
	{
		number_features(&names, n_features, &options);
		status = cr_import_gains(artifact, &options, &alloc, &ours, &n, &error);
	}
	ok(status == CR_OK && n == n_features &&
	   (ours == NULL ? n_theirs == 0 :
		n_theirs == n && memcmp(ours, theirs, n * sizeof(float)) == 0),
	   "%s: gains of %s%s", column[0], column[2], error.message);
	if (ours != NULL)
		alloc.release(alloc.context, ours);
	ok(meter.used == 0, "%s: nothing leaked", column[0]);
	free((void *) artifact.data);
}

int
main(int argc, char **argv)
{
	CrView		lines;
	int			n_lines = 0;

	if (argc != 2)
		return 2;
	lines = read_file(argv[1], "gains.tsv");
	((char *) lines.data)[lines.length] = '\0';
	for (char *line = strtok((char *) lines.data, "\n"); line != NULL;
		 line = strtok(NULL, "\n"))
	{
		char	   *column[COLUMNS] = {"", "", "", ""};
		int			n = 0;

		for (char *field = line; field != NULL && n < COLUMNS; n++)
		{
			column[n] = field;
			field = strchr(field, '\t');
			if (field != NULL)
				*field++ = '\0';
		}
		if (n_lines++ > 0)
			check_line(argv[1], column);
	}
	ok(n_lines > 100, "gains of %d models", n_lines - 1);
	free((void *) lines.data);
	return done_testing();
}

/*
 * recorded.c
 *	  Parity with predictions that record.py took from XGBoost 1.3 to 3.4.
 *
 * Usage: recorded FIXTURES, the folder with manifest.tsv.
 */
#include "parity.h"

#define COLUMNS	8

static void
check_fixture(const char *directory, char *const column[COLUMNS])
{
	uint32_t	n_rows = (uint32_t) atoi(column[4]);
	uint32_t	n_features = (uint32_t) atoi(column[5]);
	CrView		artifact = read_file(directory, column[0]);
	CrView		rows = read_file(directory, column[1]);
	CrView		margins = read_file(directory, column[2]);
	CrView		pds = read_file(directory, column[3]);
	Meter		meter = {0};
	CrAlloc		alloc = METERED(&meter);
	CrForest	forest;
	CrError		error;
	size_t		size = 0;
	void	   *image = import_for_parity(artifact, n_features, &alloc, &size,
										  column[0]);

	if (image != NULL && n_rows >= 1000 &&
		rows.length == sizeof(float) * n_rows * n_features &&
		margins.length == sizeof(float) * n_rows &&
		pds.length == sizeof(float) * n_rows &&
		cr_forest_open(&forest, image, size, &error) == CR_OK &&
		forest.n_features == n_features)
		check_parity(column[0], &forest, (const float *) rows.data, n_rows,
					 (const float *) margins.data, (const float *) pds.data);
	else
		ok(false, "%s: fixture is not complete", column[0]);
	if (image != NULL)
		alloc.release(alloc.context, image);
	ok(meter.used == 0, "%s: nothing leaked", column[0]);
	free((void *) artifact.data);
	free((void *) rows.data);
	free((void *) margins.data);
	free((void *) pds.data);
}

int
main(int argc, char **argv)
{
	CrView		manifest;
	char	   *line;
	int			n_lines = 0;

	if (argc != 2)
		return 2;
	manifest = read_file(argv[1], "manifest.tsv");
	((char *) manifest.data)[manifest.length] = '\0';
	for (line = strtok((char *) manifest.data, "\n"); line != NULL;
		 line = strtok(NULL, "\n"))
	{
		char	   *column[COLUMNS];
		int			n = 0;

		for (char *next = line; next != NULL && n < COLUMNS; n++)
		{
			column[n] = next;
			next = strchr(next, '\t');
			if (next != NULL)
				*next++ = '\0';
		}
		if (n_lines++ > 0)
			check_fixture(argv[1], column);
	}
	ok(n_lines > 100, "the manifest lists %d fixtures", n_lines - 1);
	free((void *) manifest.data);
	return done_testing();
}

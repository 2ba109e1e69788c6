/*
 * recorded.h
 *	  The models of test/parity/fixtures, which XGBoost made, one by one.
 */
#ifndef RECORDED_H
#define RECORDED_H

#include <stdio.h>
#include <string.h>

#include "cr_forest.h"
#include "model.h"
#include "random.h"

#define FOLDER	"parity/fixtures"

/* rows has rows->n_rows vectors; the test may change them. */
typedef struct Recorded
{
	const char *name;
	const CrForest *forest;
	float	   *rows;
	uint32_t	n_rows;
} Recorded;

typedef void (*TestRecorded) (const Recorded *recorded, Random *random);

static inline void
test_one_recorded(TestRecorded test, const char *model, const char *rows_file,
				  uint32_t n_features, Random *random)
{
	CrView		artifact = read_file(FOLDER, model);
	CrView		rows = read_file(FOLDER, rows_file);
	Imported	imported = import_numbered(artifact, n_features);
	CrForest	forest;
	CrError		error;
	Recorded	recorded = {
		model, &forest, (float *) rows.data,
		(uint32_t) (rows.length / sizeof(float) / n_features)
	};

	if (imported.status == CR_OK &&
		cr_forest_open(&forest, imported.image, imported.size,
					   &error) == CR_OK)
		test(&recorded, random);
	else
		ok(false, "%s: import", model);
	forget(&imported);
	free((void *) artifact.data);
	free((void *) rows.data);
}

static inline void
test_recorded(TestRecorded test, Random *random)
{
	CrView		manifest = read_file(FOLDER, "manifest.tsv");
	int			n_lines = 0;

	((char *) manifest.data)[manifest.length] = '\0';
	for (char *line = strtok((char *) manifest.data, "\n"); line != NULL;
		 line = strtok(NULL, "\n"))
	{
		char		model[256];
		char		rows[256];
		unsigned	n_features;

		if (n_lines++ > 0 &&
			sscanf(line, "%255[^\t]\t%255[^\t]\t%*[^\t]\t%*[^\t]\t%*[^\t]\t%u",
				   model, rows, &n_features) == 3)
			test_one_recorded(test, model, rows, n_features, random);
	}
	ok(n_lines > 100, "the manifest lists %d models", n_lines - 1);
	free((void *) manifest.data);
}

#endif							/* RECORDED_H */

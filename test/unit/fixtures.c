/*
 * fixtures.c
 *	  Proves that importing what XGBoost really wrote takes no more memory than
 *	  cr_import() promises and leaks nothing, that JSON and UBJSON of one model
 *	  make the same image, and that the evaluators agree on it.
 */
#include "agree.h"
#include "model.h"

#define FOLDER	"parity/fixtures"
#define COLUMNS	8

static Imported
import_file(const char *folder, const char *name, uint32_t n_features)
{
	CrView		artifact = read_file(folder, name);
	Imported	imported = import_numbered(artifact, n_features);

	free((void *) artifact.data);
	return imported;
}

static void
check_model(const char *folder, const char *name, uint32_t n_features)
{
	Random		random = {.state = 21};
	Imported	imported = import_file(folder, name, n_features);
	CrForest	forest;
	CrError		error = {.message = ""};

	ok(imported.status == CR_OK && imported.sound &&
	   cr_forest_open(&forest, imported.image, imported.size,
					  &error) == CR_OK &&
	   forest.n_features == n_features && labels_found(&forest) &&
	   evaluators_agree(&forest, &random, 200), "%s%s%s", name,
	   imported.error.message, error.message);
	forget(&imported);
	ok(imported.meter.used == 0, "%s: nothing leaked", name);
}

/* The same model in both notations is the same image but for one byte. */
static void
check_twin(const char *name, uint32_t n_features)
{
	char		other[256];
	size_t		stem = strlen(name) - strlen(".ubj");
	Imported	ubjson;
	Imported	json;
	FILE	   *file;
	char		path[300];

	snprintf(other, sizeof(other), "%.*s.json", (int) stem, name);
	snprintf(path, sizeof(path), "%s/%s", FOLDER, other);
	file = fopen(path, "rb");
	if (file == NULL)
		return;
	fclose(file);
	ubjson = import_file(FOLDER, name, n_features);
	json = import_file(FOLDER, other, n_features);
	if (ubjson.status == CR_OK && json.status == CR_OK)
		((CrImageHeader *) json.image)->notation =
			((CrImageHeader *) ubjson.image)->notation;
	ok(ubjson.status == CR_OK && json.status == CR_OK &&
	   ubjson.size == json.size &&
	   memcmp(ubjson.image, json.image, json.size) == 0,
	   "%s and %s make one image", name, other);
	forget(&ubjson);
	forget(&json);
}

int
main(void)
{
	CrView		manifest = read_file(FOLDER, "manifest.tsv");
	char	   *line;
	int			n_lines = 0;

	((char *) manifest.data)[manifest.length] = '\0';
	for (line = strtok((char *) manifest.data, "\n"); line != NULL;
		 line = strtok(NULL, "\n"))
	{
		char		name[256];
		unsigned	n_features;

		if (n_lines++ == 0 ||
			sscanf(line, "%255[^\t]\t%*[^\t]\t%*[^\t]\t%*[^\t]\t%*[^\t]\t%u",
				   name, &n_features) != 2)
			continue;
		check_model(FOLDER, name, n_features);
		if (strlen(name) > 4 && strcmp(name + strlen(name) - 4, ".ubj") == 0)
			check_twin(name, n_features);
	}
	free((void *) manifest.data);
	check_model("../models/german_credit", "model.json", 14);
	check_model("../models/german_credit", "model.ubj", 14);
	ok(n_lines > 100, "the manifest lists %d models", n_lines - 1);
	return done_testing();
}

/*
 * make_images.c
 *	  Writes the images of models, as seeds of fuzz_image.
 *
 * Usage: make_images FOLDER MODEL...
 */
#include "model.h"

#define N_NAMES	8

static bool
write_image(const char *folder, int number, const Imported *imported)
{
	char		path[1024];
	FILE	   *file;
	bool		written;

	snprintf(path, sizeof(path), "%s/%d.image", folder, number);
	file = fopen(path, "wb");
	if (file == NULL)
		return false;
	written = fwrite(imported->image, 1, imported->size,
					 file) == imported->size;
	return fclose(file) == 0 && written;
}

int
main(int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
	{
		CrView		artifact = read_file(".", argv[i]);
		Imported	imported = import_numbered(artifact, N_NAMES);

		if (imported.status != CR_OK ||
			!write_image(argv[1], i - 1, &imported))
		{
			fprintf(stderr, "make_images: %s: %s\n", argv[i],
					imported.error.message);
			return 1;
		}
		forget(&imported);
		free((void *) artifact.data);
	}
	return 0;
}

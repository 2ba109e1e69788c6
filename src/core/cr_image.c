/*
 * cr_image.c
 *	  The sections of an image under construction: laid out once by upper
 *	  bounds, closed up when the true counts are known.
 */
#include "cr_importer.h"

#include <string.h>

/* Offsets of the sections from their counts; the size of the image. */
static bool
lay_out(CrImageHeader *header, size_t *size)
{
	size_t		position = sizeof(*header);

	for (int i = 0; i < CR_N_SECTIONS; i++)
	{
		CrSection  *section = &header->sections[i];
		size_t		bytes;

		position += (size_t) -position % CR_IMAGE_ALIGNMENT;
		section->offset = position;
		if (!cr_size_multiply((size_t) section->count,
							  cr_section_item_size((CrSectionKind) i),
							  &bytes) ||
			!cr_size_add(position, bytes, &position))
			return false;
	}
	*size = position;
	header->size = position;
	return true;
}

void *
cr_importer_section(const CrImporter *im, CrSectionKind kind)
{
	return im->image + im->header->sections[kind].offset;
}

/* Moves the sections together once the true counts are known. */
void
cr_importer_close_up(CrImporter *im, const uint64_t counts[CR_N_SECTIONS])
{
	CrImageHeader old = *im->header;
	size_t		end = sizeof(old);
	size_t		size;

	for (int i = 0; i < CR_N_SECTIONS; i++)
		im->header->sections[i].count = counts[i];
	(void) lay_out(im->header, &size);
	for (int i = 0; i < CR_N_SECTIONS; i++)
	{
		const CrSection *to = &im->header->sections[i];
		size_t		bytes = (size_t) counts[i] *
			cr_section_item_size((CrSectionKind) i);

		memset(im->image + end, 0, (size_t) to->offset - end);
		memmove(im->image + to->offset, im->image + old.sections[i].offset,
				bytes);
		end = (size_t) to->offset + bytes;
	}
}

/* Upper bounds for the sections; exact but for nodes, sets and strings. */
static CrStatus
count_sections(CrImporter *im, CrImageHeader *header)
{
	const CrSurvey *survey = &im->survey;
	uint64_t	n_labels = 0;
	uint64_t	n_bytes = 0;
	CrStatus	status = cr_importer_count_strings(im, &n_labels, &n_bytes);

	header->sections[CR_FEATURES].count = survey->n_features;
	header->sections[CR_LABELS].count = n_labels;
	header->sections[CR_LABEL_ORDER].count = n_labels;
	header->sections[CR_TREES].count = im->n_trees;
	header->sections[CR_NODES].count = survey->n_nodes;
	header->sections[CR_SETS].count = survey->n_sets;
	header->sections[CR_SET_WORDS].count = survey->n_codes;
	header->sections[CR_WEIGHTS].count = survey->weights.count;
	header->sections[CR_STRINGS].count = n_bytes;
	if (status == CR_OK && (n_labels > UINT32_MAX || n_bytes > UINT32_MAX))
		status = cr_fail(im->error, CR_LIMIT, CR_NO_OFFSET,
						 "The model has too many category labels.");
	return status;
}

/* Allocates the image at the size that the counts allow for, all zero. */
CrStatus
cr_importer_create_image(CrImporter *im)
{
	CrImageHeader header = {.byte_order = CR_IMAGE_BYTE_ORDER,
		.version = CR_IMAGE_VERSION,
		.booster = (uint8_t) im->survey.booster,
		.objective = (uint8_t) im->survey.objective,
		.positive = (uint8_t) im->options->positive,
		.unseen = (uint8_t) im->options->unseen,
		.notation = (uint8_t) im->survey.notation,
		.base_last = im->survey.booster == CR_DART &&
			im->survey.version[0] == 1 && im->survey.version[1] == 3,
		.base_margin = im->survey.base_margin,
		.scaling = im->options->scaling,
	};
	size_t		size;
	CrStatus	status = count_sections(im, &header);

	if (status != CR_OK)
		return status;
	memcpy(header.magic, CR_IMAGE_MAGIC, sizeof(header.magic));
	memcpy(header.xgboost_version, im->survey.version,
		   sizeof(header.xgboost_version));
	header.n_rounds = im->n_trees / im->survey.n_parallel;
	header.n_rounds_artifact =
		(uint32_t) im->survey.trees.count / im->survey.n_parallel;
	if (!lay_out(&header, &size))
		return cr_fail(im->error, CR_LIMIT, CR_NO_OFFSET,
					   "The model is too large.");
	status = cr_importer_allocate(im, size, &im->image);
	if (status != CR_OK)
		return status;
	memset(im->image, 0, size);
	im->header = (CrImageHeader *) im->image;
	*im->header = header;
	return CR_OK;
}

/*
 * cr_base.h
 *	  Status codes, errors, caller-supplied allocation and checked arithmetic:
 *	  what every core file needs and nothing else.
 *
 * The core is plain C11.  It takes bytes and floats and returns bytes and
 * floats; it knows neither PostgreSQL nor files, allocates only through a
 * CrAlloc, and keeps no state outside the memory it was given, so that an
 * allocator may leave it by longjmp at any time.
 */
#ifndef CR_BASE_H
#define CR_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum CrStatus
{
	CR_OK = 0,
	CR_MALFORMED,				/* not the format it claims to be */
	CR_UNSUPPORTED,				/* well formed, but something we do not do */
	CR_INVALID_OPTION,			/* an import option contradicts the model */
	CR_LIMIT,					/* larger than a documented limit */
	CR_DAMAGED					/* a stored image fails validation */
} CrStatus;

/* Asks for memory that will be read or written in a moment. */
#ifdef __GNUC__
#define CR_PREFETCH(pointer)	__builtin_prefetch(pointer)
#else
#define CR_PREFETCH(pointer)	((void) (pointer))
#endif

#define CR_NO_OFFSET	UINT64_MAX
#define CR_ERROR_SIZE	256

/* What went wrong; filled by the function that returns a status. */
typedef struct CrError
{
	CrStatus	status;
	uint64_t	offset;			/* byte in the input, or CR_NO_OFFSET */
	char		message[CR_ERROR_SIZE]; /* NUL-terminated, a full sentence */
} CrError;

/* A run of bytes owned by somebody else. */
typedef struct CrView
{
	const char *data;
	size_t		length;
} CrView;

/*
 * Where memory comes from.  alloc() never returns NULL: it succeeds or leaves
 * by longjmp.  release() takes back what alloc() gave.  poll() is called now
 * and then in long loops, and may leave by longjmp too.
 */
typedef struct CrAlloc
{
	void	   *(*alloc) (void *context, size_t size);
	void		(*release) (void *context, void *pointer);
	void		(*poll) (void *context);
	void	   *context;
} CrAlloc;

/* Calls poll() where there is one. */
static inline void
cr_poll(const CrAlloc *alloc)
{
	if (alloc->poll != NULL)
		alloc->poll(alloc->context);
}

#define CR_VIEW(literal)	((CrView) {(literal), sizeof(literal) - 1})

extern bool cr_view_equal(CrView a, CrView b);
extern int	cr_view_compare(CrView a, CrView b);

/*
 * Fills *error and returns status.  The format knows %s (C string), %v
 * (CrView, shortened when long), %u (uint64_t) and %d (int64_t).
 */
extern CrStatus cr_fail(CrError *error, CrStatus status, uint64_t offset,
						const char *format,...);

/* Sums and products of sizes; false on overflow, *result then unchanged. */
static inline bool
cr_size_add(size_t a, size_t b, size_t *result)
{
	if (a > SIZE_MAX - b)
		return false;
	*result = a + b;
	return true;
}

static inline bool
cr_size_multiply(size_t a, size_t b, size_t *result)
{
	if (b != 0 && a > SIZE_MAX / b)
		return false;
	*result = a * b;
	return true;
}

#endif							/* CR_BASE_H */

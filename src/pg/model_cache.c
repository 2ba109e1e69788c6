/*
 * model_cache.c
 *	  Opened model images, kept by the backend.
 *
 * A version never changes, so an image is good for as long as the backend
 * lives; which version an alias means is registry.c's business.  Entries are
 * keyed by the registry table's OID too, because DROP and CREATE EXTENSION
 * start the version ids anew, and all are marked stale by a relcache
 * invalidation of that table (somebody altered it: look again).  The callback
 * only marks; memory is freed by the next look-up.
 *
 * Each image has a memory context of its own under one parent, so
 * pg_backend_memory_contexts shows them by name.  A statement pins what it
 * uses; the pin goes with a memory context of the statement, so an error
 * cannot leave it behind.
 */
#include "postgres.h"

#include "lib/ilist.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"

#include "compat.h"
#include "model_cache.h"
#include "pg_credit.h"
#include "registry.h"

typedef struct CacheKey
{
	int64		version_id;
	Oid			table;
	uint32		unused;			/* padding is part of a hash key */
} CacheKey;

/* Lives in its own context, beside the model. */
typedef struct CachedModel
{
	dlist_node	node;			/* in recently_used */
	MemoryContext context;
	CacheKey	key;
	int			pins;
	bool		dropped;		/* not in the hash any more; freed when unpinned */
	CreditModel *model;
} CachedModel;

typedef struct CacheEntry
{
	CacheKey	key;
	CachedModel *cached;
} CacheEntry;

typedef struct Pin
{
	MemoryContextCallback callback;
	CachedModel *cached;
} Pin;

static MemoryContext cache_context;
static HTAB *cache;
static dlist_head recently_used;	/* most recent first */
static bool all_stale;			/* set by the invalidation callback */

static void
mark_stale(Datum arg, Oid relation)
{
	if (cache == NULL || hash_get_num_entries(cache) == 0)
		return;
	if (!OidIsValid(relation))
		all_stale = true;
	else
	{
		dlist_iter	iter;

		dlist_foreach(iter, &recently_used)
			if (dlist_container(CachedModel, node, iter.cur)->key.table ==
				relation)
				all_stale = true;
	}
}

static void
create_cache(void)
{
	HASHCTL		control = {0};

	cache_context = AllocSetContextCreate(TopMemoryContext,
										  "credit model cache",
										  ALLOCSET_SMALL_SIZES);
	control.keysize = sizeof(CacheKey);
	control.entrysize = sizeof(CacheEntry);
	control.hcxt = cache_context;
	cache = hash_create("credit model cache", 16, &control,
						HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	dlist_init(&recently_used);
	CacheRegisterRelcacheCallback(mark_stale, (Datum) 0);
}

/* Takes a model out of the cache; its memory stays until nobody uses it. */
static void
drop(CachedModel *cached)
{
	hash_search(cache, &cached->key, HASH_REMOVE, NULL);
	dlist_delete(&cached->node);
	cached->dropped = true;
	if (cached->pins == 0)
		MemoryContextDelete(cached->context);
}

static void
drop_stale(void)
{
	dlist_mutable_iter iter;

	all_stale = false;
	dlist_foreach_modify(iter, &recently_used)
		drop(dlist_container(CachedModel, node, iter.cur));
}

/* Drops the least recently used models that nobody uses, down to the limit. */
static void
make_room(void)
{
	Size		limit = (Size) credit_model_cache_size * 1024;
	Size		used = MemoryContextMemAllocated(cache_context, true);
	dlist_node *node = dlist_is_empty(&recently_used) ? NULL :
		dlist_tail_node(&recently_used);

	while (node != NULL && used > limit)
	{
		CachedModel *cached = dlist_container(CachedModel, node, node);

		node = dlist_has_prev(&recently_used, node) ?
			dlist_prev_node(&recently_used, node) : NULL;
		if (cached->pins > 0)
			continue;
		drop(cached);
		used = MemoryContextMemAllocated(cache_context, true);
	}
}

/*
 * Loads in a context of the caller's, so that an error in the middle leaves
 * nothing, and hands it to the cache when it is complete.
 */
static CachedModel *
load(const CacheKey *key)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "credit model",
												  ALLOCSET_SMALL_SIZES);
	CreditVersion version = credit_registry_read(key->version_id, context);
	char	   *reference = psprintf("%s@%d", version.model, version.version);
	MemoryContext before = MemoryContextSwitchTo(context);
	CachedModel *cached = palloc0(sizeof(CachedModel));
	CacheEntry *entry;

	cached->context = context;
	cached->key = *key;
	cached->model = credit_model_open(version.image, reference);
	cached->model->model_id = version.model_id;
	cached->model->version = version.version;
	cached->model->image_sha256 = version.image_sha256;
	MemoryContextSetIdentifier(context, cached->model->reference);
	MemoryContextSwitchTo(before);

	entry = hash_search(cache, key, HASH_ENTER, NULL);
	entry->cached = cached;
	MemoryContextSetParent(context, cache_context);
	dlist_push_head(&recently_used, &cached->node);
	return cached;
}

static void
unpin(void *argument)
{
	CachedModel *cached = ((Pin *) argument)->cached;

	if (--cached->pins == 0 && cached->dropped)
		MemoryContextDelete(cached->context);
}

CreditModel *
credit_cache_get(int64 model_version_id, MemoryContext user)
{
	CacheKey	key = {.version_id = model_version_id,
	.table = credit_registry_version_table()};
	CacheEntry *entry;
	CachedModel *cached;
	Pin		   *pin;

	if (cache == NULL)
		create_cache();
	if (all_stale)
		drop_stale();
	pin = MemoryContextAlloc(user, sizeof(Pin));
	entry = hash_search(cache, &key, HASH_FIND, NULL);
	if (entry != NULL)
	{
		cached = entry->cached;
		dlist_move_head(&recently_used, &cached->node);
	}
	else
		cached = load(&key);
	cached->pins++;
	make_room();
	pin->cached = cached;
	pin->callback.func = unpin;
	pin->callback.arg = pin;
	MemoryContextRegisterResetCallback(user, &pin->callback);
	return cached->model;
}

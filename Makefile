# pg_credit: credit scoring inside PostgreSQL.
#
#   make demo        everything on a private cluster, from a bare machine
#   make test        every test there is, from a bare machine
#   make, make install, make uninstall, make clean     as usual with PGXS
#   make bench       this and its rivals, timed in one run, from a bare machine
#   make installcheck variantcheck isolationcheck tapcheck pgtap
#                    against a running server
#
# PG_CONFIG=/path/to/pg_config chooses the server to build for.

EXTENSION    = control/pg_credit
EXTVERSION  := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" control/pg_credit.control)
MODULE_big   = pg_credit
CORE_OBJS    = $(patsubst %.c,%.o,$(sort $(wildcard src/core/*.c)))
OBJS         = $(CORE_OBJS) $(patsubst %.c,%.o,$(sort $(wildcard src/pg/*.c)))
DATA         = $(wildcard control/pg_credit--*--*.sql)
DATA_built   = control/pg_credit--$(EXTVERSION).sql
REGRESS      = $(patsubst sql/%.sql,%,$(sort $(wildcard sql/*.sql)))
REGRESS_OPTS = --load-extension=pg_credit
PG_CPPFLAGS  = -Isrc/core -DCREDIT_VERSION='"$(EXTVERSION)"'
SHLIB_LINK   = -lm
EXTRA_CLEAN  = build results tmp_check output_iso regression.diffs regression.out

# The newcomer's targets install what is missing, so they must work where
# there is no pg_config yet; they call make again for the rest.
NEWCOMER     = bench demo test
ifneq ($(filter $(NEWCOMER),$(MAKECMDGOALS)),)

.PHONY: $(NEWCOMER)
demo test:
	@dev/$@

# BENCH_ARGS=quick is shorter.
bench:
	@bench/run $(BENCH_ARGS)

else

PG_CONFIG   ?= pg_config
PGXS        := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# Calls inside the library need no look-up when a session loads it.
ifneq ($(PORTNAME),darwin)
SHLIB_LINK  += -Wl,-Bsymbolic
endif

# Same bits on every CPU, and no clash with the backend's own symbols.
$(CORE_OBJS): override CFLAGS += -std=c11 -ffp-contract=off -fvisibility=hidden
override BITCODE_CFLAGS += -ffp-contract=off

# PGXS does not follow headers.
$(OBJS): $(wildcard src/core/*.h src/pg/*.h)
src/pg/decision.o src/pg/decision.bc: control/pg_credit.control

control/pg_credit--$(EXTVERSION).sql: $(sort $(wildcard control/parts/*.sql)) control/pg_credit.control
	cat $(filter %.sql,$^) > $@

.PHONY: variantcheck isolationcheck tapcheck pgtap lint
variantcheck:
	PG_CONFIG="$(PG_CONFIG)" test/variants

isolationcheck:
	$(pg_isolation_regress_installcheck) --inputdir=test/isolation \
		--outputdir=output_iso \
		$(patsubst test/isolation/specs/%.spec,%,$(sort $(wildcard test/isolation/specs/*.spec)))

tapcheck:
	PG_CONFIG="$(PG_CONFIG)" test/t/run

pgtap:
	test/pgtap/run

lint:
	dev/lint

endif

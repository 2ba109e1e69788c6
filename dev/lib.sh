# dev/lib.sh: what the scripts of this folder share.  Sourced, not run.
#
# The machine may be bare, the user may be root (in a container) or somebody
# with sudo.  PostgreSQL refuses to run as root, so root runs it as the user
# "postgres", and everybody else as themselves.

set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PG_MAJOR=${PG_MAJOR:-}

say() {
	printf '%s\n' "$*" >&2
}

die() {
	say "$*"
	exit 1
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "This needs root or sudo: $*"
	fi
}

# Runs a command as the user who owns the private cluster.
as_server() {
	if [ "$(id -u)" -eq 0 ]; then
		runuser -u postgres -- "$@"
	else
		"$@"
	fi
}

# Installs Debian packages that are missing, and says which.
need_packages() {
	local missing=() package
	for package in "$@"; do
		[ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null)" = 'ii ' ] ||
			missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	command -v apt-get >/dev/null ||
		die "Not Debian: install these yourself: ${missing[*]}"
	say "Installing with apt: ${missing[*]}"
	as_root apt-get update -qq
	without_main_cluster as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Debian's PostgreSQL starts a cluster of its own when it is first installed;
# nobody asked for one here.
without_main_cluster() {
	local setting=/etc/postgresql-common/createcluster.d/pg_credit.conf
	as_root mkdir -p "${setting%/*}"
	echo 'create_main_cluster = false' | as_root tee "$setting" >/dev/null
	local status=0
	"$@" || status=$?
	as_root rm -f "$setting"
	return $status
}

# The major version of PostgreSQL: PG_MAJOR, else that of PG_CONFIG, else the
# newest that is installed, else the newest that apt has.
choose_postgres() {
	if [ -z "$PG_MAJOR" ] && [ -n "${PG_CONFIG:-}" ]; then
		PG_MAJOR=$("$PG_CONFIG" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
	fi
	if [ -z "$PG_MAJOR" ]; then
		PG_MAJOR=$({ ls /usr/lib/postgresql 2>/dev/null || true; } | sort -n | tail -n 1)
	fi
	if [ -z "$PG_MAJOR" ]; then
		command -v apt-cache >/dev/null || die "Not Debian: set PG_CONFIG."
		apt-cache show postgresql >/dev/null 2>&1 || as_root apt-get update -qq
		PG_MAJOR=$(apt-cache search --names-only '^postgresql-server-dev-[0-9]+$' |
			sed 's/[^0-9]*\([0-9]*\).*/\1/' | sort -n | tail -n 1)
	fi
	[ -n "$PG_MAJOR" ] || die "No PostgreSQL found; set PG_CONFIG."
	PG_CONFIG=${PG_CONFIG:-/usr/lib/postgresql/$PG_MAJOR/bin/pg_config}
	export PG_CONFIG PG_MAJOR
}

build_and_install() {
	say "Building for $("$PG_CONFIG" --version)"
	make -s -j "$(nproc)" -C "$top" PG_CONFIG="$PG_CONFIG" "$@" || return
	if [ -w "$("$PG_CONFIG" --pkglibdir)" ]; then
		make -s -C "$top" PG_CONFIG="$PG_CONFIG" install >/dev/null
	else
		as_root make -s -C "$top" PG_CONFIG="$PG_CONFIG" install >/dev/null
	fi
}

# A folder that the server's user can reach: under the checkout if possible.
cluster_home() {
	local home=$top/.cluster
	mkdir -p "$home"
	[ "$(id -u)" -ne 0 ] || chown postgres: "$home"
	if ! as_server test -w "$home" 2>/dev/null; then
		home=/var/tmp/pg_credit-$(printf '%s' "$top" | cksum | cut -d ' ' -f 1)
		as_server mkdir -p "$home"
	fi
	printf '%s' "$home"
}

free_port() {
	local port
	for port in $(seq "$1" $(($1 + 200))); do
		if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
			printf '%s' "$port"
			return
		fi
	done
	die "No free port from $1 on."
}

# start_cluster NAME FIRST_PORT [SETTING...]: a fresh private cluster on the
# loopback address.  Sets PGHOST, PGPORT, PGUSER, PGDATA and puts its tools in PATH.
start_cluster() {
	local home name=$1 port=$2
	shift 2
	home=$(cluster_home)
	PATH=$("$PG_CONFIG" --bindir):$PATH
	PGDATA=$home/$name
	PGHOST=127.0.0.1
	PGUSER=postgres
	export PATH PGDATA PGHOST PGPORT PGUSER
	stop_cluster
	as_server rm -rf "$PGDATA"
	PGPORT=$(free_port "$port")
	(
		cd "$home"
		as_server "$(command -v initdb)" -D "$PGDATA" -U postgres -A trust -E UTF8 \
			--locale=C.UTF-8 --no-sync >"$PGDATA.initdb.log" 2>&1 ||
			die "initdb failed; see $PGDATA.initdb.log"
		as_server tee -a "$PGDATA/postgresql.conf" >/dev/null <<-CONF
			listen_addresses = '127.0.0.1'
			port = $PGPORT
			unix_socket_directories = ''
			fsync = off
			max_prepared_transactions = 4
			log_min_messages = warning
			$(printf '%s\n' "$@")
		CONF
		as_server "$(command -v pg_ctl)" -s -w -D "$PGDATA" -l "$PGDATA/server.log" start ||
			die "The server did not start; see $PGDATA/server.log"
	)
}

stop_cluster() {
	if [ -f "$PGDATA/postmaster.pid" ]; then
		(cd / && as_server "$(command -v pg_ctl)" -s -w -D "$PGDATA" -m fast stop) || true
	fi
}

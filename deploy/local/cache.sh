# Sourced by the builds beside it: programs that Go builds, kept by what they were made from.
# shellcheck shell=bash

say() { echo "$what: $*" >&2; }
die() { say "$@"; exit 1; }

# Prints the folder of the programs; if the cache does not have it, runs `build FOLDER` in $here first.
# $1 names the cache; the other arguments are the files of $here that the programs come from.
cached() {
  local name=$1 key cache programs new lock
  shift
  "$here/../need" flock go sha256sum || die "cannot be built; install what is missing, or $instead"
  # A build depends on its sources and the toolchain, never on who asks for it
  # (GOFLAGS=-mod=mod, say, could make two machines link different modules).
  export CGO_ENABLED=0 GOFLAGS='' GOWORK=off
  cd "$here"
  key=$({ cat "$@"; go version; } | sha256sum)
  cache=${XDG_CACHE_HOME:-$HOME/.cache}/fabric-operator/$name
  programs=$cache/${key:0:16}

  mkdir -p "$cache"
  exec {lock}>"$cache/lock"
  flock -n "$lock" || { say "waiting for another build to finish"; flock "$lock"; }
  if [[ ! -d $programs ]]; then
    # Rename as the last step: the folder exists only when it is complete.
    new=$(mktemp -d "$cache/new.XXXXXX")
    # shellcheck disable=SC2064
    trap "rm -rf '$new'" EXIT
    chmod 755 "$new"
    build "$new" >&2 {lock}>&- || die "go build failed in $here; see its messages above"
    mv -T "$new" "$programs"
    say "built in $SECONDS s"
  fi
  echo "$programs"
}

# Sourced by the demo and the playground, from the root of the repository: a Kubernetes API, a
# simulated Equinix and the operator, as processes on 127.0.0.1 that end with the caller.
#
# It must not order anything: what the caller does with the stack is the caller's.
# shellcheck shell=bash
#
# The caller sets $what, the word before each message, and $tools, the programs that it needs itself.
# It may set $cluster, a kubeconfig whose cluster takes the place of the local control plane.

speed=60 # how much faster than real time the simulated Equinix runs

say() { echo "$what: $*" >&2; }
die() { say "$@"; exit 1; }
phase() {
  if [[ ${now:-} ]]; then say "  took $((SECONDS - since)) s"; fi
  now=$* since=$SECONDS
  say "$now"
}

tools+=(cargo cc curl)
if [[ ${cluster:-} ]]; then
  tools+=(kubectl)
else
  tools+=(openssl)
  [[ ${KUBEBUILDER_ASSETS:-} ]] || tools+=(flock go sha256sum)
fi
deploy/local/need "${tools[@]}"

umask 077
dir=$(mktemp -d "${TMPDIR:-/tmp}/fabric-$what.XXXXXX")
pids=()
declare -A parts # the name of each process of pids
finish() {
  local status=$?
  trap - EXIT TERM INT
  if ((status)); then
    say "failed in: ${now:-preparing}; the ends of the logs:"
    for log in "$dir"/*.log; do
      if [[ -f $log ]]; then tail -n 25 "$log" >&2; fi
    done
    if [[ ${cluster:-} && ${installed:-} ]]; then
      say "the cluster keeps the connections of the $what, whose finalizers wait for an operator"
    fi
  fi
  # KILL for the stack's own processes; the control plane ends with its standard input.
  ((${#pids[@]} == 0)) || kill -KILL "${pids[@]}" 2>/dev/null || true
  if [[ ${PLANE[1]:-} ]]; then exec {PLANE[1]}>&-; fi
  { wait; } 2>/dev/null
  rm -rf "$dir"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

tether=()
if command -v setpriv >/dev/null; then tether=(setpriv --pdeathsig KILL); fi
start() { # name, then the command
  local name=$1
  shift
  "${tether[@]}" "$@" </dev/null >"$dir/$name.out" 2>"$dir/$name.log" &
  pids+=($!)
  parts[$!]=$name
}

# Ends the caller as soon as a part of the stack has ended; `finish` shows the end of its log.
still_up() {
  local pid status=0
  for pid in "${pids[@]}"; do
    if ! kill -0 "$pid" 2>/dev/null; then
      wait "$pid" || status=$?
      die "the ${parts[$pid]} has ended, with exit code $status; the end of its log says why"
    fi
  done
}

build_programs() {
  phase "building"
  cargo build --locked --package fabric-operator --package fabric-simulator --bins
  operator=${CARGO_TARGET_DIR:-target}/debug/fabric-operator
  fabric_simulator=${CARGO_TARGET_DIR:-target}/debug/fabric-simulator
  if [[ ${cluster:-} ]]; then
    kubectl=$(type -P kubectl)
  else
    assets=$(deploy/local/controlplane/build)
    kubectl=$assets/kubectl
    [[ -x $kubectl ]] || kubectl=$(type -P kubectl) ||
      die "needs kubectl, which is neither in $assets nor on PATH; install it"
  fi
  export KUBECACHEDIR=$dir/kubectl
}
# Its name hides the program, so the program is looked up by `type -P`.
kubectl() { "$kubectl" "$@"; }

start_control_plane() {
  phase "starting the control plane"
  coproc PLANE { KUBEBUILDER_ASSETS=$assets exec deploy/local/controlplane/up 2>"$dir/up.log"; }
  plane=$PLANE_PID # bash forgets PLANE_PID when the process ends
  read -r KUBECONFIG <&"${PLANE[0]}" || die "the control plane did not start"
  export KUBECONFIG
}

start_simulator() { # further options of the simulator
  phase "starting the simulated Equinix"
  start simulator "$fabric_simulator" --listen 127.0.0.1:0 --speed "$speed" "$@"
  until simulator=$(grep -so 'http://127.0.0.1:.*' "$dir/simulator.out"); do
    still_up
    sleep 0.1
  done
}

install_rights() {
  phase "installing the CRDs and the operator's rights"
  installed=yes
  kubectl apply -k crds >/dev/null
  kubectl apply -k deploy/local >/dev/null
  kubectl wait --for=condition=Established --timeout=5m \
    crd/fabricaccounts.fabric.equinix.com crd/fabricconnections.fabric.equinix.com \
    crd/serviceprofiles.fabric.equinix.com crd/connectionapprovals.fabric.equinix.com >/dev/null
  kubectl create secret generic equinix --namespace fabric-operator \
    --from-literal=clientId=ABCDE12345 --from-literal=clientSecret=FGHIJ67890 \
    --from-literal=userName=john.doe@example.com --from-literal='userPassword=jd1@#$' >/dev/null
  kubectl create namespace network >/dev/null
}

start_operator() {
  phase "starting the operator, with the rights of its service account and no others"
  kubectl config view --raw --minify --flatten >"$dir/operator.kubeconfig"
  # Nothing renews the token, and a playground may stay up for days.
  kubectl create token fabric-operator --namespace fabric-operator --duration=720h >"$dir/token"
  local setting
  for setting in "unset users" "set users.operator.tokenFile $dir/token" "set-context --current --user=operator"; do
    # shellcheck disable=SC2086
    kubectl config --kubeconfig "$dir/operator.kubeconfig" $setting >/dev/null
  done
  KUBECONFIG=$dir/operator.kubeconfig POD_NAMESPACE=fabric-operator \
    start operator "$operator" run --allowed-endpoint "$simulator" --http-port 0
  local limit=$((SECONDS + 120)) address
  until address=$(grep -som1 '"address":"[^"]*"' "$dir/operator.log" | cut -d'"' -f4) &&
    curl --silent --fail --noproxy '*' --max-time 10 --output "$dir/readyz" "http://$address/readyz"; do
    still_up
    ((SECONDS < limit)) || die "waited too long for the operator to be ready"
    sleep 0.2
  done
}

# Copies the examples to $dir/examples. Their accounts name the simulator, which needs no patience.
copy_examples() {
  cp -R examples "$dir/examples"
  sed -i "s|^  endpoint: .*|  endpoint: $simulator\n  requestsPerSecond: 50|" "$dir"/examples/account-*.yaml
}

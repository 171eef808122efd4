# A network link that is cut, in the test's own network namespace.
# shellcheck shell=bash

# Inside the namespace: nginx in another one, connected by a veth pair.
cut_and_mend() {
    local far server
    ip link set lo up
    unshare -n sleep 60 &
    far=$!
    await eval '[ "$(readlink /proc/$far/ns/net)" != "$(readlink /proc/self/ns/net)" ]'
    ip link add near type veth peer name far netns "$far"
    ip addr add 10.77.0.1/24 dev near
    ip link set near up
    nsenter -t "$far" -n ip addr add 10.77.0.2/24 dev far
    nsenter -t "$far" -n ip link set far up
    cat >nginx.conf <<END
daemon off; master_process off; pid nginx.pid; error_log nginx.log crit;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp;
    uwsgi_temp_path tmp; scgi_temp_path tmp;
    server { listen 10.77.0.2:8080; root $IMAGES; }
}
END
    start_nginx nsenter -t "$far" -n || fail "nginx: $(cat nginx.log)"
    server=${started[-1]}
    seq 60 | sed 's|.*|http://10.77.0.2:8080/png_rgb.png?&|' >urls.txt
    rc=0
    "$BIN/imgfetch" --allow-net=10.77.0.0/24 --host-rate=30 --connect-timeout=1 --stall-timeout=1 \
        -o out urls.txt 2>stderr &
    pid=$!
    await grep -q success out/manifest/00000.jsonl
    nsenter -t "$far" -n ip link set far down
    sleep 2.5
    nsenter -t "$far" -n ip link set far up
    wait "$pid" || rc=$?
    kill "$far" "$server"
    return "$rc"
}

test_a_link_that_is_cut_and_mended_loses_nothing() {
    local functions
    if [ "$(id -u)" != 0 ] || ! unshare -n true 2>/dev/null; then
        echo 'skipped: needs network name spaces'
        return
    fi
    functions=$(declare -f)
    rc=0
    unshare -n bash -c "$functions
        $(declare -p BIN TOP WORK IMAGES)
        cut_and_mend" || rc=$?
    assert_rc 0
    assert_whole
    assert_eq "$(rows '.error' | sort -u)" null
    [ "$(rows 'select(.attempts > 1) | .index' | wc -l)" -ge 1 ] || fail 'the cut was not felt'
}

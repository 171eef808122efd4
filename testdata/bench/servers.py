"""The servers of the bench: nginx with the pictures on every address of 127/8, over HTTP and TLS,
and imgserve as a DNS server 20 ms away. They run in a network of the bench's own (see run), so the
ports are the usual ones and nothing is open to anyone else."""
import os
import shutil
import subprocess
import time
from pathlib import Path

HOSTS = 50  # of a list, unless it is about hosts: 127.0.0.1 and so on
HERE = Path(__file__).resolve().parent
IMAGES = HERE.parent / "images"

NGINX = """
load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;
user root;
daemon off;
worker_processes 1;
worker_rlimit_nofile 65536;
pid {work}/nginx.pid;
error_log {work}/nginx.log;
events {{ worker_connections 32768; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000;
    open_file_cache max=1000;
    client_body_temp_path {work}/t1; proxy_temp_path {work}/t2; fastcgi_temp_path {work}/t3;
    uwsgi_temp_path {work}/t4; scgi_temp_path {work}/t5;
    ssl_certificate {work}/cert.pem; ssl_certificate_key {work}/key.pem;
    server {{
        listen 80 backlog=4096;
        listen 443 ssl backlog=4096;
        root {root};
        location ~ ^/after100ms(/.*)$ {{ echo_sleep 0.1; echo_exec $1; }}
        location ~ ^/slowly(/.*)$ {{ limit_rate 270000; try_files $1 =404; }}
        location /never/ {{ echo_sleep 600; echo late; }}
        location ~ ^(/(?:photos|small|tiny)/.*)/[0-9]+[.]jpg$ {{ try_files $1 =404; }}
    }}
}}
"""


def write_big_bmp(path, side=4096):
    """48 MB, unless said otherwise, that any tool takes for an image."""
    size = side * side * 3
    head = b"BM" + (size + 54).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little")
    head += (40).to_bytes(4, "little") + side.to_bytes(4, "little") * 2 + b"\1\0\x18\0" + bytes(24)
    path.write_bytes(head + (os.urandom(1 << 20) * (size // (1 << 20) + 1))[:size])


class Site:
    """work: a folder that stays (build/bench); lists: one that goes with the run."""

    def __init__(self, work, lists):
        self.work, self.lists, self.root = work, lists, work / "root"
        self.ca = work / "cert.pem"
        self.servers = []

    def start(self):
        self.root.mkdir(parents=True, exist_ok=True)
        for name in "png_1x1.png", "photo_640x480.jpg", "photo_1200x900.jpg":
            shutil.copy(IMAGES / name, self.root)
        if not (self.root / "big.bmp").exists():
            write_big_bmp(self.root / "big.bmp")
        write_big_bmp(self.root / "1mb.bmp", 600)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-nodes", "-subj", "/CN=imgfetch bench", "-addext", "subjectAltName=DNS:*.bench.example",
             "-days", "30", "-keyout", self.work / "key.pem", "-out", self.ca],
            check=True, capture_output=True)
        (self.work / "nginx.conf").write_text(NGINX.format(work=self.work, root=self.root))
        self._spawn("nginx", "-p", self.work, "-c", self.work / "nginx.conf")
        ready = self.work / "ready"
        ready.unlink(missing_ok=True)
        self._spawn("build/imgserve", "--port=0", f"--ready-file={ready}", "--dns-port=53",
                    "--dns-delay=20", IMAGES)
        deadline = time.monotonic() + 10
        while not (ready.exists() and (self.work / "nginx.pid").exists()):
            if time.monotonic() > deadline or any(s.poll() is not None for s in self.servers):
                raise SystemExit(f"bench: a server did not start: see {self.work}/*.log")
            time.sleep(0.05)
        self.imgserve_port = int(ready.read_text().split()[0])

    def _spawn(self, *command):
        log = open(self.work / f"{Path(command[0]).name}.out.log", "w")
        self.servers.append(subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT))

    def stop(self):
        for server in self.servers:
            server.terminate()
        for server in self.servers:
            server.wait()

    def cpu_seconds(self):
        """The CPU seconds of nginx, its worker included."""
        nginx = self.servers[0].pid
        ticks = 0
        for pid in [nginx] + Path(f"/proc/{nginx}/task/{nginx}/children").read_text().split():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def write_list(self, name, urls):
        path = self.lists / f"{name}.txt"
        with open(path, "w") as file:
            file.writelines(url + "\n" for url in urls)
        return path

    def urls(self, n, path, hosts=HOSTS, first=1, query=""):
        """The hosts in turn; the query makes each URL another one."""
        return [f"http://127.0.0.{i % hosts + first}/{path}?{query}{i}" for i in range(n)]

    def photos(self, folder, n):
        """n URLs of the real photographs in a folder, and their paths on disk, one for each URL."""
        files = sorted((self.root / folder).iterdir())
        files = [files[i % len(files)] for i in range(n)]
        return [f"http://127.0.0.{i % HOSTS + 1}/{folder}/{file.name}/{i}.jpg"
                for i, file in enumerate(files)], files

    def names(self, n, scheme="http", known=False):
        """Each a host of its own, which only the DNS server knows, or /etc/hosts."""
        kind = "known" if known else "asked"
        return [f"{scheme}://{kind}{i}.bench.example/png_1x1.png?{i}" for i in range(n)]


def etc_hosts(n):
    return "127.0.0.1 localhost\n" + "".join(
        f"127.0.{i // 250 + 1}.{i % 250 + 1} known{i}.bench.example\n" for i in range(n))

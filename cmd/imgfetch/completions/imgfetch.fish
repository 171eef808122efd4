# Completion of imgfetch for fish: copy to /usr/share/fish/vendor_completions.d/.

function __imgfetch_backends
    imgfetch --list-backends 2>/dev/null | string replace -r ' +' \t
end

function __imgfetch_specs
    set -l size (string replace -r '^(-t|--thumb=)' '' -- (commandline -ct) | string split -m1 :)[1]
    if string match -qr '^\d+(x\d+)?$' -- $size
        printf '%s\n' $size:{fit,cover,pad,exact,short}
    end
    printf '%s\n' 64 128 256 512 1024
end

# List
complete -c imgfetch -l format -x -a 'auto txt csv tsv jsonl' -d 'Format of the lists'
complete -c imgfetch -l url-col -x -d 'Column of the URL'
complete -c imgfetch -l caption-col -x -d 'Column for the caption'
complete -c imgfetch -l hash-col -x -d 'Column of the expected hash'
complete -c imgfetch -l keep-cols -x -d 'Columns for the manifest'
complete -c imgfetch -l limit -x -d 'Stop after so many rows'
complete -c imgfetch -l shuffle -f -d 'Work in an order of chance; =SEED: in that one'
complete -c imgfetch -l dedupe -x -a 'shard run off' -d 'Where a URL is fetched once'

# Fetching
complete -c imgfetch -s b -l backend -x -a '(__imgfetch_backends)' -d 'How to fetch'
complete -c imgfetch -l list-backends -f -d 'Print the backends'
complete -c imgfetch -s c -l concurrency -x -d 'Requests in flight'
complete -c imgfetch -l loops -x -d 'Event loops of async'
complete -c imgfetch -l per-host -x -d 'Requests in flight to one host, 0: no limit'
complete -c imgfetch -l host-rate -x -d 'Requests a second to one host'
complete -c imgfetch -l limit-rate -x -d 'Bytes a second of the whole run'
complete -c imgfetch -l retries -x -d 'More attempts where they may help'
complete -c imgfetch -l retry-max-wait -x -d 'Seconds before an attempt'
complete -c imgfetch -l max-redirects -x -d 'Redirects to follow'
complete -c imgfetch -l connect-timeout -x -d 'Seconds, of one hop'
complete -c imgfetch -l timeout -x -d 'Seconds, of one attempt'
complete -c imgfetch -l stall-timeout -x -d 'Seconds below 100 bytes a second'
complete -c imgfetch -l max-size -x -d 'Size of a body'
complete -c imgfetch -l memory -x -d 'Size of the bodies in flight'
complete -c imgfetch -s H -l header -x -d 'Send this header'
complete -c imgfetch -s A -l user-agent -x -d 'The User-Agent'
complete -c imgfetch -s e -l referer -x -d 'The Referer'
complete -c imgfetch -l robots-txt -d "Obey each site's robots.txt"
complete -c imgfetch -l robots-tag -x -d 'Directives that refuse an image, or off'
complete -c imgfetch -l cacert -r -F -d 'Trust these certificates'
complete -c imgfetch -s k -l insecure -d 'Accept any certificate'
complete -c imgfetch -l http1.1 -d 'Speak HTTP/1.1 only'
complete -c imgfetch -l http2 -d 'Offer HTTP/2 to https servers'
complete -c imgfetch -s x -l proxy -x -d 'Fetch through this proxy'
complete -c imgfetch -l dns-servers -x -d 'Servers to ask: ADDR[:PORT],...'
complete -c imgfetch -l resolve -x -d 'Addresses of a host: HOST:PORT:ADDR'
complete -c imgfetch -s 4 -l ipv4 -d 'IPv4 only'
complete -c imgfetch -s 6 -l ipv6 -d 'IPv6 only'
complete -c imgfetch -l allow-net -x -d 'Let this network through: CIDR'

# Thumbnails
complete -c imgfetch -s t -l thumb -x -a '(__imgfetch_specs)' -d 'Make thumbnails of this size'
complete -c imgfetch -l no-thumbs -d 'Decode nothing'
complete -c imgfetch -l originals -d 'Keep the originals'
complete -c imgfetch -l no-originals -d 'Keep only the thumbnails'
complete -c imgfetch -l filter -x -a 'lanczos3 mitchell area' -d 'How pixels are weighed'
complete -c imgfetch -l thumb-format -x -a 'jpg png webp' -d 'Format of the thumbnails'
complete -c imgfetch -l progressive -d 'Jpg thumbnails that show the coarse first'
complete -c imgfetch -l quality -x -d 'Of jpg thumbnails, 1 to 100'
complete -c imgfetch -l background -x -a 'white black' -d 'Under transparent pixels; or #rrggbb'
complete -c imgfetch -l upscale -d 'Enlarge small pictures'
complete -c imgfetch -l pool -x -a 'procs threads inline' -d 'Who decodes'
complete -c imgfetch -l decode-order -x -a 'fifo largest' -d 'Of the images that wait'
complete -c imgfetch -l workers -x -d 'Decoding processes or threads'
complete -c imgfetch -l max-pixels -x -d 'Pixels of a picture'
complete -c imgfetch -l min-side -x -d 'Pixels of its shorter side'
complete -c imgfetch -l max-aspect -x -d 'Longer side by shorter side'
complete -c imgfetch -l decode-timeout -x -d 'Seconds for one image'
complete -c imgfetch -l decode-memory -x -d 'Size for one image'
complete -c imgfetch -l require-sandbox -d 'No run where decoders cannot be locked in'
complete -c imgfetch -l strict -d 'An image that ends early is an error'

# Output
complete -c imgfetch -s o -l output -x -a '(__fish_complete_directories)' -d 'Where it all goes'
complete -c imgfetch -l layout -x -a 'files webdataset' -d 'Layout of the output'
complete -c imgfetch -l name -x -d 'Of the files: {key} {index} {host} {basename} {sha256} {COLUMN}'
complete -c imgfetch -l shard-size -x -d 'Rows in a shard'
complete -c imgfetch -l shard -x -a auto -d 'Only these shards: I/N, A-B, auto'
complete -c imgfetch -l retry-failed -d 'Fetch again what failed'
complete -c imgfetch -l refresh -d 'Ask again for everything'
complete -c imgfetch -l checkpoint -x -d 'Seconds between two syncs to the disk'
complete -c imgfetch -l fresh -d 'Start over in a used directory'
complete -c imgfetch -l verify -f -d 'Is the directory what its manifests say?'
complete -c imgfetch -s q -l quiet -d 'No status, no summary'
complete -c imgfetch -s v -l verbose -d 'Print each failure'
complete -c imgfetch -l json -d 'Print each row on standard output'
complete -c imgfetch -l fail-under -x -d 'Exit with 1 below so many percent'
complete -c imgfetch -l compare -f -d 'Compare backends on the list'
complete -c imgfetch -l repeat -x -d 'Rounds of each, with --compare'
complete -c imgfetch -l report -d 'A page about the directory, or with --compare'
complete -c imgfetch -s K -l config -r -F -d 'Read options from this file'
complete -c imgfetch -s h -l help -f -d 'Print the options'
complete -c imgfetch -s V -l version -f -d 'Print versions'

#!/usr/bin/python3
"""aio.py LIST DIR CONCURRENCY [--thumbs] [--ca FILE]: the program that tutorials on concurrency
recommend. asyncio and aiohttp fetch, a ProcessPoolExecutor makes thumbnails with Pillow while the
downloads go on. Status 1 if a request fails."""
import argparse
import asyncio
import os
import ssl
from concurrent.futures import ProcessPoolExecutor

import aiohttp

from pillow import make_thumb


async def worker(session, urls, args, pool):
    loop = asyncio.get_running_loop()
    for number, url in urls:
        async with session.get(url) as response:
            response.raise_for_status()
            body = await response.read()
        with open(f"{args.dir}/{number}.jpg", "wb") as file:
            file.write(body)
        if pool:
            path = f"{args.dir}/thumbs/{number}.jpg"
            args.thumbs_under_way.append(loop.run_in_executor(pool, make_thumb, body, path))


async def main(args, pool):
    tls = ssl.create_default_context(cafile=args.ca) if args.ca else None
    connector = aiohttp.TCPConnector(limit=args.concurrency, ssl=tls)
    timeout = aiohttp.ClientTimeout(total=None)
    args.thumbs_under_way = []
    with open(args.list) as file:
        urls = enumerate(file.read().split())  # all workers take from the same iterator
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        await asyncio.gather(*(worker(session, urls, args, pool) for _ in range(args.concurrency)))
        await asyncio.gather(*args.thumbs_under_way)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("list")
    parser.add_argument("dir")
    parser.add_argument("concurrency", type=int)
    parser.add_argument("--thumbs", action="store_true")
    parser.add_argument("--ca")
    arguments = parser.parse_args()
    if arguments.thumbs:
        os.mkdir(f"{arguments.dir}/thumbs")
        with ProcessPoolExecutor(os.cpu_count()) as processes:
            asyncio.run(main(arguments, processes))
    else:
        asyncio.run(main(arguments, None))

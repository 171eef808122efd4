#!/usr/bin/python3
"""pillow.py DIR FILE...: thumbnails of 256 pixels by Pillow, on all cores, called by their number."""
import io
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

from PIL import Image


def make_thumb(body, path):
    image = Image.open(io.BytesIO(body))
    image.draft("RGB", (256, 256))  # libjpeg decodes at a smaller scale
    image.thumbnail((256, 256), Image.Resampling.LANCZOS)
    image.save(path, "JPEG", quality=85)


def make(number, path, target):
    make_thumb(Path(path).read_bytes(), f"{target}/{number}.jpg")


if __name__ == "__main__":
    target, *files = sys.argv[1:]
    with ProcessPoolExecutor() as processes:
        list(processes.map(make, range(len(files)), files, repeat(target), chunksize=8))

"""Photographs for the bench, made of Debian's mate-backgrounds with Pillow: each one whole, and
three parts of it, at two sizes. Made once, in build/bench/; they are not in the tree."""
import math
import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image, ImageOps

# Left, top, right, bottom, as parts of the width and height.
PARTS = [(0, 0, 1, 1), (0, 0, 0.8, 0.8), (0.2, 0, 1, 0.8), (0.1, 0.2, 0.9, 1)]
FOLDERS = "photos", "small", "tiny"
SKIPPED = 5_000_000  # bytes; larger files are the same picture again


def fetch_package(into):
    """Unpacks the package without installing it."""
    subprocess.run(["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root",
                    "mate-backgrounds"], cwd=into, check=True)
    package, = Path(into).glob("*.deb")
    subprocess.run(["dpkg-deb", "-x", package, into], check=True)
    return sorted(p for p in Path(into).rglob("*.jpg") if p.stat().st_size < SKIPPED)


def save(image, size, path):
    """Scales the picture to that number of pixels, or to that length of the longer side."""
    scale = size / max(image.size) if size < 10_000 else math.sqrt(size / image.width / image.height)
    image = image.resize([round(side * scale) for side in image.size], Image.Resampling.LANCZOS)
    image.save(path, "JPEG", quality=87)


def make(root):
    """root/photos, of 1.5 megapixels each, root/small, 640 pixels wide or high, and root/tiny, 100."""
    if all((root / folder).exists() for folder in FOLDERS):
        return
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "made"
        for folder in FOLDERS:
            (made / folder).mkdir(parents=True)
        for original in fetch_package(scratch):
            photo = ImageOps.exif_transpose(Image.open(original)).convert("RGB")
            for i, (left, top, right, bottom) in enumerate(PARTS):
                part = photo.crop((int(left * photo.width), int(top * photo.height),
                                   int(right * photo.width), int(bottom * photo.height)))
                save(part, 1_500_000, made / "photos" / f"{original.stem}{i}.jpg")
                save(part, 640, made / "small" / f"{original.stem}{i}.jpg")
                save(part, 100, made / "tiny" / f"{original.stem}{i}.jpg")
        root.mkdir(parents=True, exist_ok=True)
        for folder in FOLDERS:
            shutil.rmtree(root / folder, ignore_errors=True)
            shutil.move(made / folder, root / folder)

"""Reads QR codes with other people's programs: Pillow opens the PNG, ZXing finds and reads the code.

Reads one JSON array of PNGs in base64; writes an array of {"text", "level", "mode", "width", "height"} or null where no
code was found.
"""

import base64
import io
import json
import sys

import zxingcpp
from PIL import Image


def read(data):
    file = base64.b64decode(data)
    # verify() checks every chunk's checksum and leaves the image unusable.
    Image.open(io.BytesIO(file)).verify()
    image = Image.open(io.BytesIO(file))
    image.load()
    found = zxingcpp.read_barcodes(image)
    if len(found) != 1:
        return None
    code = found[0]
    return {
        "text": code.text, "level": code.ec_level, "format": image.format, "mode": image.mode,
        "width": image.width, "height": image.height,
    }


print(json.dumps([read(data) for data in json.load(sys.stdin)]))

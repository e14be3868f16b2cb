"""Builds the smallest files of each kind that carry texts, byte by byte."""

import json
import struct
import zlib
from typing import Any, Final

from tests.workflow.interface_files import node, workflow

Texts = dict[str, bytes]

PROMPT: Final[dict[str, Any]] = {"3": {"class_type": "Number", "inputs": {"value": 5, "text": "héllo ☃"}}}
INTERFACE: Final = workflow(node(3, "Number", [5]), pad="x" * 70_000)
TEXTS: Final = {"prompt": json.dumps(PROMPT).encode(), "workflow": json.dumps(INTERFACE).encode()}
SHORT: Final = {"prompt": TEXTS["prompt"]}


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*chunks: bytes) -> bytes:
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixels = png_chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + pixels + png_chunk(b"IEND", b"")


def png_with_text(texts: Texts) -> bytes:
    return png(*(png_chunk(b"tEXt", name.encode() + b"\0" + text) for name, text in texts.items()))


def png_with_compressed_text(texts: Texts) -> bytes:
    return png(*(png_chunk(b"zTXt", name.encode() + b"\0\0" + zlib.compress(text)) for name, text in texts.items()))


def png_with_international_text(texts: Texts) -> bytes:
    return png(*(png_chunk(b"iTXt", name.encode() + b"\0\0\0\0\0" + text) for name, text in texts.items()))


def png_with_compressed_international_text(texts: Texts) -> bytes:
    return png(
        *(png_chunk(b"iTXt", name.encode() + b"\0\1\0en\0\0" + zlib.compress(text)) for name, text in texts.items())
    )


def animated_png(texts: Texts) -> bytes:
    return png(*(png_chunk(b"comf", name.encode() + b"\0" + text) for name, text in texts.items()))


def exif(texts: Texts, order: str = "<") -> bytes:
    entries, values = b"", b""
    start = 8 + 2 + 12 * len(texts) + 4
    for tag, (name, text) in zip((0x0110, 0x010F, 0x010E), texts.items(), strict=False):
        value = name.encode() + b":" + text + b"\0"
        entries += struct.pack(f"{order}HHII", tag, 2, len(value), start + len(values))
        values += value
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8)
    return head + struct.pack(f"{order}H", len(texts)) + entries + struct.pack(f"{order}I", 0) + values


def webp(texts: Texts) -> bytes:
    return webp_with_exif(exif(texts))


def webp_with_exif(block: bytes) -> bytes:
    body = b"WEBP" + b"EXIF" + struct.pack("<I", len(block)) + block + b"\0" * (len(block) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def jpeg(texts: Texts) -> bytes:
    block = b"Exif\0\0" + exif(texts, ">")
    return b"\xff\xd8\xff\xe0\0\4ab\xff\xe1" + struct.pack(">H", len(block) + 2) + block + b"\xff\xda"


def box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", 8 + len(data)) + kind + data


def mp4(texts: Texts) -> bytes:
    keys = b"".join(struct.pack(">I", 8 + len(name)) + b"mdta" + name.encode() for name in texts)
    values = [box(b"data", struct.pack(">II", 1, 0) + text) for text in texts.values()]
    items = b"".join(box(struct.pack(">I", index), value) for index, value in enumerate(values, 1))
    handler = box(b"hdlr", b"\0" * 8 + b"mdta" + b"\0" * 13)
    meta = handler + box(b"keys", struct.pack(">II", 0, len(texts)) + keys) + box(b"ilst", items)
    return (
        box(b"ftyp", b"isom" + b"\0" * 8)
        + box(b"mdat", b"\0" * 64)
        + box(b"moov", box(b"udta", box(b"meta", b"\0" * 4 + meta)))
    )


def mp4_with_comment(text: bytes) -> bytes:
    items = box(b"\xa9nam", box(b"data", struct.pack(">II", 1, 0) + b"title"))
    items += box(b"\xa9cmt", box(b"data", struct.pack(">II", 1, 0) + text))
    handler = box(b"hdlr", b"\0" * 8 + b"mdirappl" + b"\0" * 9)
    meta = box(b"meta", b"\0" * 4 + handler + box(b"ilst", items))
    return box(b"ftyp", b"isom" + b"\0" * 8) + box(b"moov", box(b"udta", meta))


def mov_with_comment(text: bytes) -> bytes:
    comment = box(b"\xa9cmt", struct.pack(">HH", len(text) % (1 << 16), 0x55C4) + text)
    return box(b"ftyp", b"qt  " + b"\0" * 8) + box(b"moov", box(b"udta", comment))


def element(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack(">Q", len(data) | 1 << 56) + data


def webm(texts: Texts) -> bytes:
    tags = b"".join(
        element(b"\x67\xc8", element(b"\x45\xa3", name.upper().encode()) + element(b"\x44\x87", text))
        for name, text in texts.items()
    )
    segment = element(b"\xec", b"\0" * 9) + element(b"\x12\x54\xc3\x67", element(b"\x73\x73", tags))
    return element(b"\x1a\x45\xdf\xa3", b"") + element(b"\x18\x53\x80\x67", segment)


def comments(texts: Texts) -> bytes:
    parts = [name.encode() + b"=" + text for name, text in texts.items()]
    listed = b"".join(struct.pack("<I", len(part)) + part for part in parts)
    return struct.pack("<I", 3) + b"lav" + struct.pack("<I", len(parts)) + listed


def flac(texts: Texts) -> bytes:
    block = comments(texts)
    return b"fLaC" + b"\0" + (34).to_bytes(3) + b"\0" * 34 + b"\x84" + len(block).to_bytes(3) + block


def ogg(texts: Texts) -> bytes:
    packet = b"OpusTags" + comments(texts)
    pages = b"OggS" + b"\0" * 22 + b"\1\x08" + b"OpusHead"
    while packet:
        part, packet = packet[: 255 * 255], packet[255 * 255 :]
        sizes = [255] * (len(part) // 255) + ([] if packet else [len(part) % 255])
        pages += b"OggS" + b"\0" * 22 + bytes([len(sizes), *sizes]) + part
    return pages


def mp3(texts: Texts) -> bytes:
    def seven_bit(size: int) -> bytes:
        return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))

    frames = b""
    for name, text in texts.items():
        body = b"\3" + name.encode() + b"\0" + text + b"\0"
        frames += b"TXXX" + seven_bit(len(body)) + b"\0\0" + body
    return b"ID3\4\0\0" + seven_bit(len(frames)) + frames + b"\xff\xfb"


def safetensors(texts: Texts) -> bytes:
    header = json.dumps({"__metadata__": {name: text.decode() for name, text in texts.items()}}).encode()
    return struct.pack("<Q", len(header)) + header


def glb(texts: Texts) -> bytes:
    extras = {name: json.loads(text) for name, text in texts.items()}
    document = json.dumps({"asset": {"version": "2.0", "extras": extras}}).encode()
    return b"glTF" + struct.pack("<II", 2, 20 + len(document)) + struct.pack("<I", len(document)) + b"JSON" + document


def svg(texts: Texts) -> bytes:
    inside = json.dumps({name: json.loads(text) for name, text in texts.items()}).encode()
    return b'<svg xmlns="http://www.w3.org/2000/svg"><metadata>\n<![CDATA[\n' + inside + b"\n]]></metadata></svg>"


MAKERS = (
    png_with_text,
    png_with_compressed_text,
    png_with_international_text,
    png_with_compressed_international_text,
    animated_png,
    webp,
    jpeg,
    mp4,
    webm,
    flac,
    ogg,
    mp3,
    safetensors,
    glb,
    svg,
)

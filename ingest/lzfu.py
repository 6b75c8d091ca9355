"""The compressed rich text of Outlook (MS-OXRTFCP): what .msg files and winmail.dat call PidTagRtfCompressed."""

import struct
from typing import Final

_HEADER: Final = struct.Struct("<IIII")
_COMPRESSED: Final = 0x75465A4C
_PLAIN: Final = 0x414C454D
_WINDOW: Final = 4096
_PRIMER: Final = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
    b"\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def decompress(raw: bytes, *, limit: int = 16 * 1024 * 1024) -> bytes:
    """The RTF inside `raw`, at most `limit` bytes of it; as far as it goes when the stream is cut off.

    ValueError if `raw` is no compressed RTF at all. The checksum is not looked at: damaged text is better than none.
    """
    if len(raw) < _HEADER.size:
        raise ValueError("no compressed RTF")
    _, raw_size, kind, _ = _HEADER.unpack_from(raw)
    content = raw[_HEADER.size :]
    size = min(raw_size, limit)
    if kind == _PLAIN:
        return content[:size]
    if kind != _COMPRESSED:
        raise ValueError("no compressed RTF")
    return _expand(content, size)


def _expand(content: bytes, size: int) -> bytes:
    window = bytearray(_PRIMER.ljust(_WINDOW, b"\0"))
    write = len(_PRIMER)
    out = bytearray()
    place = 0
    while place < len(content) and len(out) < size:
        control = content[place]
        place += 1
        for bit in range(8):
            if not control >> bit & 1:
                piece = content[place : place + 1]
                place += 1
            else:
                pair = content[place : place + 2]
                place += 2
                if len(pair) < 2:
                    return bytes(out[:size])
                start, length = (pair[0] << 4) | (pair[1] >> 4), (pair[1] & 15) + 2
                if start == write:
                    return bytes(out[:size])
                piece = _copied(window, start, write, length)
            for byte in piece:
                window[write] = byte
                write = (write + 1) % _WINDOW
            out += piece
            if place >= len(content):
                break
    return bytes(out[:size])


def _copied(window: bytearray, start: int, write: int, length: int) -> bytes:
    """`length` bytes from the window; what is copied may begin inside what is being written."""
    piece = bytearray()
    for offset in range(length):
        source = (start + offset) % _WINDOW
        ahead = (source - write) % _WINDOW
        piece.append(piece[ahead] if ahead < len(piece) else window[source])
    return bytes(piece)

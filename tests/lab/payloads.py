"""What a payload says, compressed or not (docs/payloads/README.md)."""
import zstandard

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
MOST = 64 << 20


def plain(payload):
    """The JSON's bytes."""
    if payload[:4] != ZSTD_MAGIC:
        return payload
    return zstandard.ZstdDecompressor().decompress(payload, max_output_size=MOST)

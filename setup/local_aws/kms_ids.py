"""moto's ciphertexts have room for key ids of 36 letters, and those of multi-Region keys have 40."""

import struct

from moto.kms import utils

ID_LENGTH = 40
HEADER = f">{ID_LENGTH}s{utils.IV_LEN}s{utils.TAG_LEN}s"


def serialize(ciphertext):
    return struct.pack(HEADER, ciphertext.key_id.encode(), ciphertext.iv, ciphertext.tag) + ciphertext.ciphertext


def deserialize(ciphertext_blob):
    length = struct.calcsize(HEADER)
    key_id, iv, tag = struct.unpack(HEADER, ciphertext_blob[:length])
    return utils.Ciphertext(key_id=key_id.rstrip(b"\0").decode(), iv=iv, ciphertext=ciphertext_blob[length:], tag=tag)


def install():
    utils._serialize_ciphertext_blob = serialize
    utils._deserialize_ciphertext_blob = deserialize

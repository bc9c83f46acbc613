"""moto's Sign takes every message as RAW, and hashes a digest once more."""

import base64
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils as signatures
from moto.kms import responses
from moto.kms.exceptions import ValidationException

from .key_states import usable

DIGEST_BYTES = 32


def install():
    whole_sign = responses.KmsResponse.sign

    def sign(self):
        usable(self.kms_backend, self._get_param("KeyId"))
        if self._get_param("MessageType") != "DIGEST":
            return whole_sign(self)
        digest = self._get_param("Message")
        if len(digest) != DIGEST_BYTES:
            raise ValidationException("Digest is invalid length for algorithm ECDSA_SHA_256.")
        self._validate_key_id(self._get_param("KeyId"))
        key = self.kms_backend.describe_key(self._get_param("KeyId"))
        prehashed = ec.ECDSA(signatures.Prehashed(hashes.SHA256()))
        signature = key.private_key.private_key.sign(digest, prehashed)
        return json.dumps(
            {
                "KeyId": key.arn,
                "Signature": base64.b64encode(signature).decode(),
                "SigningAlgorithm": self._get_param("SigningAlgorithm"),
            }
        )

    responses.KmsResponse.sign = sign

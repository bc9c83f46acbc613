"""moto's keys go on working when they are disabled or wait for their deletion; and their state is changed by id only, not by ARN."""

from moto.core.exceptions import JsonRESTError
from moto.kms import utils
from moto.kms.models import KmsBackend


def usable(backend, key_id):
    key = backend.keys[backend.any_id_to_key_id(key_id)]
    if key.key_state == "Disabled":
        raise JsonRESTError("DisabledException", f"{key.arn} is disabled.")
    if key.key_state == "PendingDeletion":
        raise JsonRESTError("KMSInvalidStateException", f"{key.arn} is pending deletion.")


def encrypt(self, key_id, plaintext, encryption_context):
    usable(self, key_id)
    return encrypt_of_moto(self, key_id, plaintext, encryption_context)


def decrypt(self, ciphertext_blob, encryption_context, key_id=None):
    result = decrypt_of_moto(self, ciphertext_blob, encryption_context, key_id)
    usable(self, utils._deserialize_ciphertext_blob(ciphertext_blob).key_id)
    return result


def by_any_id(method):
    return lambda self, key_id, *rest, **options: method(self, self.any_id_to_key_id(key_id), *rest, **options)


encrypt_of_moto, decrypt_of_moto = KmsBackend.encrypt, KmsBackend.decrypt


def install():
    KmsBackend.encrypt, KmsBackend.decrypt = encrypt, decrypt
    for name in ("disable_key", "enable_key", "cancel_key_deletion", "schedule_key_deletion"):
        setattr(KmsBackend, name, by_any_id(getattr(KmsBackend, name)))

import { RawAesKeyringNode, RawAesWrappingSuiteIdentifier } from '@aws-crypto/client-node';
import type { Keyring } from '../../engine/stream/envelope.ts';

/** A keyring of a key that everybody knows: for tests only. */
export function fixedKeyring(fill = 7): Keyring {
  return new RawAesKeyringNode({
    keyName: `test-${fill}`,
    keyNamespace: 'holdfast',
    unencryptedMasterKey: new Uint8Array(32).fill(fill),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  });
}

import { regionOfHost } from '../aws-region.ts';

/** Where a repository is, as far as its config says it. */
export interface CopyPlace {
  repository: string;
  medium: 'disk' | 'object storage';
  /** The region of a bucket of AWS; null where that is not known. */
  region: string | null;
  /** The AWS account of a bucket; null where the config does not name it. */
  account: string | null;
  /** The address of a store that is not AWS; the store may be anywhere. */
  endpoint: string | null;
  /** The disk that a folder lies on, by its mount point; null where the machine does not say. */
  disk: string | null;
}

/**
 * Three copies with the database itself, on two kinds of media, one of them off-site. What can not be known from here is not met and
 * not missing: `isMet` is null, and `unknown` says why.
 */
export interface Rule321 {
  isMet: boolean | null;
  /** With the database itself. */
  copies: number;
  media: string[];
  /** Repositories that are certainly elsewhere. */
  offSite: string[];
  missing: string[];
  unknown: string[];
}

type Copy = CopyPlace & { set: string | null };

/** @param address where the newest set came from, `host:port/database`; null where that is not known. */
export function judgeRule321(found: readonly Copy[], address: string | null): Rule321 {
  const held = found.filter(({ set }) => set !== null);
  const copies = 1 + new Set(held.map(placeOf)).size;
  const media = [...new Set(held.map(({ medium }) => medium))];
  const offSite = held.filter((copy) => isElsewhere(copy, address) === true);
  const uncertain = held.filter((copy) => isElsewhere(copy, address) === null);
  const isOffSite = offSite.length > 0;
  const missing = [
    ...(copies < 3 ? [missingCopies(held.length, copies)] : []),
    ...(media.includes('object storage')
      ? []
      : ['a second kind of medium: no copy is in a bucket']),
    ...(isOffSite || uncertain.length > 0
      ? []
      : [
          `a copy off-site${held.length === 0 ? '' : ': every bucket is in the region of the database'}`,
        ]),
  ];
  const unknown =
    isOffSite || uncertain.length === 0
      ? []
      : uncertain.map((copy) => `whether ${copy.repository} is off-site: ${whyUncertain(copy)}`);
  return {
    isMet: missing.length > 0 ? false : unknown.length > 0 ? null : true,
    copies,
    media,
    offSite: offSite.map(({ repository }) => repository),
    missing,
    unknown,
  };
}

/** Folders on one disk are lost together. */
function placeOf({ repository, disk }: Copy): string {
  return disk === null ? `repository ${repository}` : `disk ${disk}`;
}

function missingCopies(repositories: number, copies: number): string {
  const lacking = 3 - copies;
  const count = lacking === 1 ? 'a third copy' : 'two copies';
  return repositories > copies - 1 ? `${count}: folders on one disk are one copy` : count;
}

/** Null where nobody knows. A database outside of AWS is in no region of AWS. */
function isElsewhere({ medium, region, endpoint }: Copy, address: string | null): boolean | null {
  if (medium === 'disk' || endpoint !== null) return null;
  if (address === null) return null;
  const own = regionOfHost(hostOf(address));
  if (own === undefined) return true;
  return region === null ? null : region !== own;
}

function hostOf(address: string): string {
  return address.replace(/:\d+(?:\/.*)?$/, '');
}

function whyUncertain({ medium, endpoint, disk }: Copy): string {
  if (endpoint !== null) return `where ${endpoint} stands is not known here`;
  if (medium === 'disk')
    return disk === null || disk === '/'
      ? 'it is a folder of this machine, and where the database runs is not known here'
      : `the disk mounted at ${disk} may be anywhere`;
  return 'its region, or that of the database, is not known here';
}

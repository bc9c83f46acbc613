import type { Secret } from '../domain/secret.ts';

/** Who logs in, and with what. */
export interface Login {
  user: string;
  password: Secret;
}

/** A login that changes while we run: a secret that is rotated, a token that lives for minutes. */
export interface LoginSource {
  /**
   * The login as it is now, never one that is remembered: a request, or a signature made here.
   * Every method may throw HoldfastError ACCESS_DENIED, CREDENTIALS, CONFIG_INVALID, KEY_UNUSABLE, CONNECTION_FAILED (retryable).
   */
  current(): Promise<Login>;
  /** Sentences for people whose login was refused. */
  readonly hint: string;
}

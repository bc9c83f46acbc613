/** The local clock. A port, so that policies can be tried on any day. */
export interface Clock {
  now(): Date;
}

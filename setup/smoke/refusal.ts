/** Why nothing is begun, and what to do about it. */
export class Refusal extends Error {}

/**
 * Why a manifest was not read, though nothing is known to be wrong with it.
 * - `cold`: it lies in a cold storage class.
 * - `newer`: a newer version of Holdfast wrote it.
 * - `denied`: this user or role may not read it.
 * - `gone`: it was released since it was listed.
 */
export type UnreadReason = 'cold' | 'newer' | 'denied' | 'gone';

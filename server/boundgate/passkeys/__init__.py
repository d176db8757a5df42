"""WebAuthn ceremonies: enrolment by one-time link, sign-in, and assertions made for one act."""

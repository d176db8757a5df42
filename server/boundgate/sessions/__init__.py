"""Who is signed in, which key the sign-in is bound to, and what a request's cookies are worth."""

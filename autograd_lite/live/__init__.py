"""Pages in which a reader changes things and the library's own programs, in JavaScript, compute what follows."""

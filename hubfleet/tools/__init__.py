"""One module per program: arguments in, typed result out."""

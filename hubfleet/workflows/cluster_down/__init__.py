"""Taking a whole cluster down: nobody lives there, support first, then what terraform made, then what is left."""

"""What a row of the table holds beside its value and its partials (`row`), and how its call is read (`called_row`)."""

"""How the names of tables end; what stands between their cells is seen in the file."""

TABLES = (".csv", ".tsv", ".txt", ".parquet")

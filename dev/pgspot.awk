# Makes the script readable for pgspot, which does not look into bodies of
# RETURN and BEGIN ATOMIC: each becomes a quoted body.  Such a body is parsed
# under the path of the script, whatever the function sets, so that is its
# path here; it has none if the script sets none.
{ gsub(/@extschema@/, "extschema") }
/^SET LOCAL search_path = pg_catalog, pg_temp;$/ { path = "SET search_path = pg_catalog, pg_temp " }
/^SET search_path = / { own = $0; next }
/^AS / && own != "" { print own; own = "" }
/^BEGIN ATOMIC$/ { print path "AS $atomic$"; atomic = 1; own = ""; next }
atomic && /^END;$/ { print "$atomic$;"; atomic = 0; next }
/^RETURN / { sub(/^RETURN /, path "AS $atomic$ SELECT "); scalar = 1; own = "" }
scalar && /;$/ { sub(/;$/, " $atomic$;"); scalar = 0 }
{ print }

#!/bin/sh
# Compresses the file <directory>/part-<key>.log, unless that was done. A line of JSON in, a line of JSON out.
directory=$1

while IFS= read -r line; do
    seq=$(expr "$line" : '.*"job":{"seq":\([0-9]*\),') || continue # the greeting
    key=$(expr "$line" : '.*"key":"\([0-9]*\)"')
    file=$directory/part-$key.log
    if [ -f "$file" ] && gzip -f "$file"; then
        printf '{"done":{"seq":%s,"result":{"bytes":%s}}}\n' "$seq" "$(wc -c <"$file.gz")"
    elif [ -f "$file.gz" ]; then
        printf '{"done":{"seq":%s,"outcome":"skipped","error":"it is compressed already"}}\n' "$seq"
    else
        printf '{"done":{"seq":%s,"outcome":"failed","error":"there is no file part-%s.log","final":true}}\n' "$seq" "$key"
    fi
done

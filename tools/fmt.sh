#!/bin/sh
# Format the Rust sources.  The C ones follow style(9) by hand: clang-format
# knows neither its tables nor its continuation lines; .clang-format is for
# editors.

. "$(dirname "$0")/env.sh"
no_arguments "$@"

git ls-files -co --exclude-standard -z -- '*.rs' |
    xargs -0 "$RUSTFMT" --edition 2024

#!/usr/bin/env bash
# Points the major tag of a release (v1 for v1.2.3) at its commit, by GitHub's API: no checkout needs a token.
set -euo pipefail
tag=$1 commit=$2
major=${tag%%.*}
refs="repos/$GITHUB_REPOSITORY/git/refs"
if gh api "$refs/tags/$major" --silent 2>/dev/null; then
  gh api --method PATCH "$refs/tags/$major" -f sha="$commit" -F force=true --silent
else
  gh api --method POST "$refs" -f ref="refs/tags/$major" -f sha="$commit" --silent
fi
echo "$major is $commit"

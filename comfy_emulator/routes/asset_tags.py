"""Tags of assets: setting and taking them away, listing and counting them.

Which assets bear a tag is asked of the listing in `assets`, which takes the same filters.
"""

from aiohttp import web

from comfy_emulator.asset_requests import (
    ASSET_ID,
    LARGEST_NUMBER,
    RefusalError,
    asset_of,
    asset_routes,
    assets_of,
    bad_query,
    choice_of,
    filter_of,
    number_of,
    posted_object,
)
from comfy_emulator.json_types import is_array


def routes() -> list[web.RouteDef]:
    """Give the routes of this subject."""
    return asset_routes(
        [
            ("GET", "/api/tags", _tags),
            ("GET", "/api/assets/tags/refine", _refine),
            ("POST", f"/api/assets/{ASSET_ID}/tags", _add_tags),
            ("DELETE", f"/api/assets/{ASSET_ID}/tags", _remove_tags),
        ]
    )


async def _tags(request: web.Request) -> web.Response:
    assets = assets_of(request)
    limit, offset = number_of(request, "limit", 100, 1, 1000), number_of(request, "offset", 0, 0, LARGEST_NUMBER)
    order = choice_of(request, "order", "count_desc", "name_asc")
    prefix = request.query.get("prefix", "")
    if "prefix" in request.query and not prefix:
        raise bad_query("prefix", "", "string_too_short", "String should have at least 1 character", {"min_length": 1})
    counts = [item for item in assets.all_tag_counts().items() if item[0].startswith(prefix)]
    if request.query.get("include_zero", "true").lower() == "false":
        counts = [item for item in counts if item[1]]
    if order == "name_asc":
        counts.sort()
    page = [{"name": name, "count": count} for name, count in counts[offset : offset + limit]]
    return web.json_response({"tags": page, "total": len(counts), "has_more": offset + len(page) < len(counts)})


async def _refine(request: web.Request) -> web.Response:
    assets = assets_of(request)
    counts = list(assets.tag_counts(filter_of(request)).items())
    return web.json_response({"tag_counts": dict(counts[: number_of(request, "limit", 100, 1, 1000)])})


async def _posted_tags(request: web.Request) -> list[str]:
    tags = (await posted_object(request)).get("tags")
    if not is_array(tags) or not tags or not all(isinstance(tag, str) for tag in tags):
        raise RefusalError(400, "INVALID_BODY", "Invalid JSON body for tags.")
    return list(dict.fromkeys(tag.strip() for tag in tags if tag.strip()))


async def _add_tags(request: web.Request) -> web.Response:
    asset, tags = asset_of(request), await _posted_tags(request)
    added = [tag for tag in tags if tag not in asset.tags]
    present = [tag for tag in tags if tag in asset.tags]
    asset.tags = sorted({*asset.tags, *added})
    assets_of(request).know_tags(added)
    return web.json_response({"added": added, "already_present": present, "total_tags": asset.tags})


async def _remove_tags(request: web.Request) -> web.Response:
    asset, tags = asset_of(request), await _posted_tags(request)
    removed = [tag for tag in tags if tag in asset.tags]
    absent = [tag for tag in tags if tag not in asset.tags]
    asset.tags = [tag for tag in asset.tags if tag not in removed]
    return web.json_response({"removed": removed, "not_present": absent, "total_tags": asset.tags})

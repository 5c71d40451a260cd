-- What a field says as a number. Any client may have written it: nothing, no number, and what no count can be are 0.
local function number(text)
    local n = tonumber(text or '0') or 0
    return n == n and n > -1e15 and n < 1e15 and n or 0
end

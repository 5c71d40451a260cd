-- Whether a text may be the id of an operation or a worker: short, and of the letters of one.
local function is_id(text) return #text < 32 and string.find(text, '^[%w_-]+$') ~= nil end

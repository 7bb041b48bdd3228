-- Tables, closures, strings, methods, numbers: what scripts do. Returns a text that depends on all of it.

local function sieve(limit)
  local composite, count = {}, 0
  for i = 2, limit do
    if not composite[i] then
      count = count + 1
      for j = i * i, limit, i do composite[j] = true end
    end
  end
  return count
end

local Account = {}
Account.__index = Account
function Account.new(balance) return setmetatable({ balance = balance, history = {} }, Account) end
function Account:deposit(amount)
  self.balance = self.balance + amount
  self.history[#self.history + 1] = amount
end
function Account:total()
  local sum = 0
  for _, amount in ipairs(self.history) do sum = sum + amount end
  return sum
end

local function accounts(count)
  local list = {}
  for i = 1, 20 do list[i] = Account.new(i) end
  for i = 1, count do list[i % 20 + 1]:deposit(i % 97) end
  local sum = 0
  for _, account in ipairs(list) do sum = sum + account:total() + account.balance end
  return sum
end

local function queens(size)
  local solutions, columns, up, down = 0, {}, {}, {}
  local function place(row)
    if row > size then
      solutions = solutions + 1
      return
    end
    for column = 1, size do
      local a, b = row + column, row - column + size
      if not (columns[column] or up[a] or down[b]) then
        columns[column], up[a], down[b] = true, true, true
        place(row + 1)
        columns[column], up[a], down[b] = nil, nil, nil
      end
    end
  end
  place(1)
  return solutions
end

local function words(count)
  local parts, counts = {}, {}
  local state = 12345
  for i = 1, count do
    state = (state * 1103515245 + 12345) % 2147483648
    parts[#parts + 1] = "word" .. (state >> 16) % 300
  end
  local text = table.concat(parts, " ")
  for word in text:gmatch("%a+%d+") do counts[word] = (counts[word] or 0) + 1 end
  local keys = {}
  for word in pairs(counts) do keys[#keys + 1] = word end
  table.sort(keys, function(a, b)
    if counts[a] ~= counts[b] then return counts[a] > counts[b] end
    return a < b
  end)
  return keys[1] .. counts[keys[1]] .. #text:gsub("word1", "WORD-1")
end

local function bodies(steps)
  local list = {}
  for i = 1, 5 do list[i] = { x = i, y = i * 0.5, z = 1 / i, vx = 0, vy = 0.1 * i, vz = 0, mass = 1 / (i + 1) } end
  for _ = 1, steps do
    for i = 1, #list do
      local a = list[i]
      for j = i + 1, #list do
        local b = list[j]
        local dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
        local square = dx * dx + dy * dy + dz * dz + 0.01
        local force = 0.001 / (square * square)
        a.vx, a.vy, a.vz = a.vx - dx * b.mass * force, a.vy - dy * b.mass * force, a.vz - dz * b.mass * force
        b.vx, b.vy, b.vz = b.vx + dx * a.mass * force, b.vy + dy * a.mass * force, b.vz + dz * a.mass * force
      end
    end
    for _, body in ipairs(list) do
      body.x, body.y, body.z = body.x + 0.001 * body.vx, body.y + 0.001 * body.vy, body.z + 0.001 * body.vz
    end
  end
  return math.floor(list[1].x * 1e6) .. math.floor(list[5].y * 1e6)
end

local function fibonacci(n) return n < 2 and n or fibonacci(n - 1) + fibonacci(n - 2) end

local function closures(count)
  local function adder(by) return function(value) return value + by end end
  local value = 0
  for i = 1, count do value = adder(i)(value) % 1000003 end
  return value
end

local results = {}
for round = 1, rounds do
  results = {
    sieve(20000 + round), accounts(12000), queens(7), words(3000), bodies(400), fibonacci(21), closures(20000),
    #results, round,
  }
end
return table.concat(results, ",")

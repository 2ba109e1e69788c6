-- What wrk sends, in turns, and what it prints; see web.py.
local bodies = {}
local turn = 0

function init(arguments)
	wrk.method = "POST"
	wrk.headers["Content-Type"] = "application/json"
	for body in io.lines(arguments[1]) do
		table.insert(bodies, body)
	end
end

function request()
	turn = turn % #bodies + 1
	return wrk.format(nil, nil, nil, bodies[turn])
end

function done(summary, latency)
	local errors = summary.errors
	print(string.format("p50 %d p99 %d errors %d",
		latency:percentile(50), latency:percentile(99),
		errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end

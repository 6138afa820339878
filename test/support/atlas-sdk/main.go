// Starts one processor as any program on the Atlas SDK does, with OAuth, and prints what the SDK made of the answer as
// one line of JSON. Its first argument is the base URL, which is all that such a program changes to go through Headgate.
package main

import (
	"context"
	"encoding/json"
	"os"

	"go.mongodb.org/atlas-sdk/v20250312018/admin"
)

type outcome struct {
	Status    int    `json:"status"`
	ErrorCode string `json:"errorCode"`
	Detail    string `json:"detail"`
	State     string `json:"state"`
	Tier      string `json:"tier"`
	Failure   string `json:"failure"`
}

func main() {
	base, project, workspace, processor, tier := os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5]
	ctx := context.Background()
	sdk, err := admin.NewClient(
		admin.UseBaseURL(base),
		admin.UseOAuthAuth(ctx, os.Getenv("CLIENT_ID"), os.Getenv("CLIENT_SECRET")),
	)
	if err != nil {
		panic(err)
	}
	var told outcome
	reply, err := sdk.StreamsApi.StartStreamProcessorWithWithParams(ctx, &admin.StartStreamProcessorWithApiParams{
		GroupId: project, TenantName: workspace, ProcessorName: processor,
		StreamsStartStreamProcessorWith: &admin.StreamsStartStreamProcessorWith{Tier: &tier},
	}).Execute()
	if reply != nil {
		told.Status = reply.StatusCode
	}
	if err != nil {
		told.Failure = err.Error()
		if body, isAtlas := admin.AsError(err); isAtlas {
			told.ErrorCode, told.Detail = body.GetErrorCode(), body.GetDetail()
		}
	} else if seen, _, err := sdk.StreamsApi.GetStreamProcessor(ctx, project, workspace, processor).Execute(); err != nil {
		told.Failure = err.Error()
	} else {
		told.State, told.Tier = seen.GetState(), seen.GetTier()
	}
	if err := json.NewEncoder(os.Stdout).Encode(told); err != nil {
		panic(err)
	}
}
